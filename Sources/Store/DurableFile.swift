import Glibc
import Sensitive
import SystemPackage

/// The one way in which a file gets on the disk: whole and flushed, or not at all.
package enum DurableFile {
    /// Writes files that are not there yet into `directory`, and flushes them.
    ///
    /// Each is 0600 and ours until owner, ACL and mode are on it. They are flushed when all are
    /// written: what the first flush commits of a journal, the others find done. An error removes
    /// them again. The names themselves are only durable once the directory has been flushed.
    static func create(
        _ files: [VersionFile],
        in directory: borrowing Directory,
        access: ResolvedAccess
    ) throws(StoreError) {
        var written: [(name: String, descriptor: CInt)] = []
        defer {
            // The data has been flushed by now, or the files are being given up.
            for file in written { _ = close(file.descriptor) }
        }
        do throws(StoreError) {
            for file in files {
                let descriptor = try write(file.name, in: directory, file.contents) {
                    (descriptor, path) throws(StoreError) in
                    try access.apply(to: descriptor, isSecret: file.isSecret, at: path)
                }
                written.append((file.name, descriptor))
            }
            for file in written {
                try flush(file.descriptor, at: directory.path.appending(file.name))
            }
        } catch {
            for file in written { _ = unsafe unlinkat(directory.descriptor, file.name, 0) }
            throw error
        }
    }

    /// Replaces the file at `path`, or makes it, with one rename; a reader sees the old or the new.
    ///
    /// For files beside the certificates. Its directory must exist; nothing in it may be renamed
    /// by another user, or the caller must not mind. What lies there must be a regular file.
    ///
    /// - Parameters:
    ///   - path: Where the file goes.
    ///   - text: What it holds.
    ///   - mode: Its permission bits, whatever the umask.
    /// - Throws: A `StoreError`; the old file is then as it was.
    package static func replace(
        _ path: FilePath,
        with text: String,
        mode: UInt16 = 0o644
    ) throws(StoreError) {
        guard let name = path.lastComponent?.string else {
            throw StoreError("write", path, .invalidArgument)
        }
        let parent = path.removingLastComponent()
        let directory = try Directory.open(parent.isEmpty ? "." : parent)
        try replace(name, in: directory, with: text, mode: mode_t(mode))
    }

    /// As `replace(_:with:mode:)`, in a directory that is open.
    static func replace(
        _ name: String,
        in directory: borrowing Directory,
        with text: String,
        mode: mode_t
    ) throws(StoreError) {
        let temporary = StoreName.Temporary.new.name()
        let path = directory.path.appending(temporary)
        let file = try write(temporary, in: directory, .text(text)) {
            (descriptor, path) throws(StoreError) in
            guard fchmod(descriptor, mode) == 0 else {
                throw StoreError("set mode of", path, Errno(rawValue: errno))
            }
        }
        defer {
            // As above.
            _ = close(file)
        }
        do {
            try flush(file, at: path)
            try directory.rename(temporary, to: name)
        } catch {
            _ = unsafe unlinkat(directory.descriptor, temporary, 0)
            throw error
        }
        try directory.sync()
    }

    /// Creates, lets `prepare` set the access, and writes; removes the file on every error.
    ///
    /// - Returns: The open file, which is still to be flushed and closed.
    private static func write(
        _ name: String,
        in directory: borrowing Directory,
        _ contents: VersionFile.Contents,
        prepare: (CInt, FilePath) throws(StoreError) -> Void
    ) throws(StoreError) -> CInt {
        let path = directory.path.appending(name)
        let file = try open(name, in: directory)
        do throws(StoreError) {
            try prepare(file, path)
            unsafe try contents.withUnsafeBytes { (bytes) throws(StoreError) in
                unsafe try writeAll(bytes, to: file, at: path)
            }
        } catch {
            _ = unsafe unlinkat(directory.descriptor, name, 0)
            _ = close(file)
            throw error
        }
        return file
    }

    /// Opens a file that is not there yet, for us alone.
    static func open(
        _ name: String,
        in directory: borrowing Directory
    ) throws(StoreError) -> CInt {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(directory.descriptor, name, flags, 0o600)
        guard file >= 0 else {
            throw StoreError("create", directory.path.appending(name), Errno(rawValue: errno))
        }
        return file
    }

    /// Brings what was written to the disk.
    static func flush(_ file: CInt, at path: FilePath) throws(StoreError) {
        // Once fsync has failed the kernel may call the lost pages clean, so there is no second try.
        while fsync(file) != 0 {
            if errno != EINTR { throw StoreError("flush", path, Errno(rawValue: errno)) }
        }
    }

    /// Writes every byte: write(2) may take fewer than it was given, most of all on a full disk.
    static func writeAll(
        _ bytes: UnsafeRawBufferPointer,
        to file: CInt,
        at path: FilePath
    ) throws(StoreError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let count = unsafe Glibc.write(
                file,
                UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                rest.count
            )
            if count > 0 {
                unsafe rest = rest.dropFirst(count)
            } else if count == 0 {
                throw StoreError("write", path, .ioError)
            } else if errno != EINTR {
                throw StoreError("write", path, Errno(rawValue: errno))
            }
        }
    }
}
