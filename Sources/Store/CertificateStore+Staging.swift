import Glibc
import Sensitive
import SystemPackage

extension CertificateStore {
    /// Puts a version on the disk, whole and flushed, without making it live.
    ///
    /// A version that is there with the same bytes and the same access is kept as it is. One that
    /// differs is exchanged for the new in one step, also when it is live: a reader who opens
    /// `current` sees the old directory or the new. After an error everything is as it was.
    ///
    /// - Parameters:
    ///   - files: All the files of the version.
    ///   - certificate: The certificate's name.
    ///   - version: 32 lower-case hexadecimal digits.
    ///   - access: Who may read the files.
    /// - Returns: The version's directory.
    /// - Throws: A `StoreError`; `isAccessProblem` when the access can't be given.
    package func stage(
        _ files: [VersionFile],
        of certificate: String,
        version: String,
        access: FileAccess
    ) throws(StoreError) -> FilePath {
        try check(certificate: certificate)
        try check(version: version)
        for file in files where !StoreName.isPlain(file.name) {
            throw badName(file.name, kind: "file")
        }
        // Unknown users and groups come out here, before anything has been touched.
        let access = try ResolvedAccess(access)
        let versions = try Directory.open(root).make(certificate).make("versions")
        try versions.removeLeftovers([.replaced])
        let path = versionDirectory(of: certificate, version: version)
        if try versions.holds(files, as: version, access: access) {
            // A killed run may have renamed it and not come to flush the name.
            try versions.sync()
            return path
        }
        let temporary = try write(files, into: versions, access: access)
        do {
            if try versions.entry(version) == .absent {
                try versions.rename(temporary, to: version)
                try versions.sync()
            } else {
                try exchange(temporary, with: version, in: versions, of: certificate)
            }
        } catch {
            // The first error is the one to tell; what stays behind, prepare() removes.
            try? versions.removeTree(temporary)
            throw error
        }
        return path
    }

    /// Writes and flushes all files into a new directory, which is 0700 until they are complete.
    private func write(
        _ files: [VersionFile],
        into versions: borrowing Directory,
        access: ResolvedAccess
    ) throws(StoreError) -> String {
        let temporary = StoreName.Temporary.staging.name()
        do {
            let directory = try versions.create(temporary, mode: 0o700)
            try DurableFile.create(files, in: directory, access: access)
            try directory.setMode(0o755)
            try directory.sync()
        } catch {
            // As above: the cause of the failure matters more than a failed clean-up.
            try? versions.removeTree(temporary)
            throw error
        }
        return temporary
    }

    /// Swaps a finished directory with the damaged or outdated one of the version's name.
    private func exchange(
        _ temporary: String,
        with version: String,
        in versions: borrowing Directory,
        of certificate: String
    ) throws(StoreError) {
        // A foreign `current` cannot be told from a live one, so it counts as live.
        let isLive = (try? currentVersion(of: certificate)).map { $0 == version } ?? true
        do {
            try LinuxCalls.exchange(temporary, version, in: versions.descriptor)
        } catch {
            guard [.invalidArgument, .noFunction].contains(error), !isLive else {
                throw StoreError("replace", versions.path.appending(version), error)
            }
            // The filesystem cannot exchange (NFS, old overlays). Nobody is served this version,
            // so it may be absent for a moment.
            let old = StoreName.Temporary.removed.name()
            try versions.rename(version, to: old)
            try versions.rename(temporary, to: version)
            try versions.sync()
            return try versions.removeTree(old)
        }
        try versions.sync()
        // The old files now bear the temporary name. Readers of a live version may have opened the
        // directory and not yet all its files, so those stay until the next staging.
        if isLive {
            try versions.rename(temporary, to: StoreName.Temporary.replaced.name())
        } else {
            try versions.removeTree(temporary)
        }
    }
}

extension Directory {
    /// The names of version directories in this one, sorted.
    func versions() throws(StoreError) -> [String] {
        var versions: [String] = []
        for name in try names().sorted() where StoreName.isVersion(name) {
            if try entry(name) == .directory { versions.append(name) }
        }
        return versions
    }

    /// Whether the directory `name` has exactly these files with these bytes and this access.
    func holds(
        _ files: [VersionFile],
        as name: String,
        access: ResolvedAccess
    ) throws(StoreError) -> Bool {
        guard try entry(name) == .directory else { return false }
        let directory: Directory
        do {
            directory = try open(name)
        } catch {
            // Somebody else's directory, or one that cannot be read: not what we would write.
            return false
        }
        guard try Set(directory.names()) == Set(files.map(\.name)) else { return false }
        for file in files {
            guard try directory.holds(file, access: access) else { return false }
        }
        return true
    }

    private func holds(_ file: VersionFile, access: ResolvedAccess) throws(StoreError) -> Bool {
        try holds(file, under: file.name, access: access)
    }

    /// Whether the file `name` has these bytes and this access.
    func holds(
        _ file: VersionFile,
        under name: String,
        access: ResolvedAccess
    ) throws(StoreError) -> Bool {
        guard try isRegularFile(name), let descriptor = try openForReading(name) else {
            return false
        }
        defer { _ = close(descriptor) }
        let path = path.appending(name)
        let facts = try Self.facts(of: descriptor, at: path)
        guard
            try access.isInForce(on: descriptor, facts, isSecret: file.isSecret, at: path)
        else { return false }
        return try file.contents.equals(read(descriptor, facts, at: path))
    }

    /// Whether the file `name` has these bytes.
    func holds(_ contents: VersionFile.Contents, under name: String) throws(StoreError) -> Bool {
        guard try isRegularFile(name), let bytes = try read(name) else { return false }
        return contents.equals(bytes)
    }
}
