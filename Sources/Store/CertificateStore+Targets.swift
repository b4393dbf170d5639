import Glibc
import Sensitive
import SystemPackage

extension CertificateStore {
    /// Puts a target's symlink in its place with one rename; one that is there is left as it is.
    ///
    /// It may dangle until the first version is live. Directly below the root it is relative, so
    /// that the store can be moved; elsewhere it is absolute.
    ///
    /// - Throws: A `StoreError` when something lies there that the agent has not made.
    package func link(
        _ target: Target,
        to certificate: String,
        standing: TargetStanding = TargetStanding()
    ) throws(StoreError) {
        try check(certificate: certificate)
        guard StoreName.isPlain(target.file) else { throw badName(target.file, kind: "file") }
        let place = try place(of: target)
        let text = linkText(of: target, to: certificate)
        switch try place.directory.entry(place.name) {
        case .symlink(to: text): try place.directory.sync()
        case .symlink(let other)
        where standing.isOurs || isLinkOfOurs(other) || standing.takesOver(other):
            try place.directory.replaceLink(place.name, with: text)
        case .absent where target.path != root.appending(Readme.name):
            try place.directory.replaceLink(place.name, with: text)
        default: throw taken(target)
        }
    }

    /// Whether a target's symlink is in its place and leads where it should.
    package func isLinked(_ target: Target, to certificate: String) throws(StoreError) -> Bool {
        guard let place = try placeIfPresent(of: target) else { return false }
        return try place.directory.entry(place.name)
            == .symlink(to: linkText(of: target, to: certificate))
    }

    /// Writes a target's copy beside its place, flushed and with its access, for one rename to put
    /// it there.
    ///
    /// - Parameters:
    ///   - target: Where, and who may read it.
    ///   - file: The file of the version.
    ///   - standing: Whether what lies there is the agent's.
    /// - Returns: nil where just this lies there already, with this access.
    /// - Throws: A `StoreError` when something lies there that the agent has not made, or the copy
    ///   can't be written; the place is then as it was.
    package func stageCopy(
        _ target: Target,
        of file: VersionFile,
        standing: TargetStanding
    ) throws(StoreError) -> StagedCopy? {
        let access = try ResolvedAccess(target.access)
        let place = try place(of: target)
        if try place.directory.holds(file, under: place.name, access: access) {
            // A killed run may have renamed it and not come to flush the name.
            try place.directory.sync()
            return nil
        }
        switch try place.directory.entry(place.name) {
        case .absent: break
        // A link is replaced like a file: a rename does not follow it.
        case .symlink where standing.isOurs, .other where standing.isOurs: break
        case .other where try place.directory.holds(file.contents, under: place.name): break
        default: throw taken(target)
        }
        let temporary = StoreName.Temporary.new.name()
        try DurableFile.create(
            [VersionFile(name: temporary, contents: file.contents, isSecret: file.isSecret)],
            in: place.directory,
            access: access
        )
        return StagedCopy(target: target, temporary: temporary)
    }

    /// Whether a copy lies in its place with these bytes, and with the access that it should have.
    package func copyStanding(
        of target: Target,
        _ file: VersionFile
    ) throws(StoreError) -> CopyStanding {
        let access = try ResolvedAccess(target.access)
        guard let place = try placeIfPresent(of: target),
            try place.directory.entry(place.name) != .absent
        else { return .missing }
        guard try place.directory.holds(file.contents, under: place.name) else { return .changed }
        return try place.directory.holds(file, under: place.name, access: access)
            ? .right : .otherAccess
    }

    /// Removes what killed runs have left beside the places of copies.
    package static func removeLeftovers(beside targets: [Target]) throws(StoreError) {
        for directory in Set(targets.map { $0.path.removingLastComponent() }) {
            guard unsafe access(directory.string, F_OK) == 0 else { continue }
            try Directory.open(directory).removeLeftovers(StoreName.Temporary.ofCopies)
        }
    }

    /// The open directory of a target, and the name in it.
    private func place(of target: Target) throws(StoreError) -> Place {
        guard let place = try placeIfPresent(of: target) else {
            throw StoreError("open", target.path.removingLastComponent(), .noSuchFileOrDirectory)
        }
        return place
    }

    private func placeIfPresent(of target: Target) throws(StoreError) -> Place? {
        guard let name = target.path.lastComponent?.string, target.path.isAbsolute else {
            throw StoreError("use target", target.path, .invalidArgument)
        }
        let parent = target.path.removingLastComponent()
        guard unsafe access(parent.string, F_OK) == 0 || errno != ENOENT else { return nil }
        return Place(directory: try Directory.open(parent), name: name)
    }

    private func linkText(of target: Target, to certificate: String) -> String {
        let relative = "\(certificate)/current/\(target.file)"
        return target.path.removingLastComponent() == root
            ? relative : root.appending(relative).string
    }

    /// Whether a link's text is of the form that `link(_:to:standing:)` writes.
    private func isLinkOfOurs(_ text: String) -> Bool {
        let prefix = root.string + "/"
        let relative = text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        return parts.count == 3 && StoreName.isPlain(parts[0]) && parts[1] == "current"
            && StoreName.isPlain(parts[2])
    }

    private func taken(_ target: Target) -> StoreError {
        StoreError(
            operation: target.kind == .link ? "make link" : "write",
            path: target.path.string,
            cause: "something else is there already",
            hint: "move it away, or choose another place in the settings"
        )
    }

    /// A directory and a name in it.
    private struct Place: ~Copyable {
        let directory: Directory
        let name: String
    }
}

/// How a copy lies in its place.
package enum CopyStanding: Sendable, Equatable {
    case right
    case missing
    /// Other bytes, or no regular file at all.
    case changed
    /// These bytes with another owner, group, mode or ACL.
    case otherAccess
}

extension Target {
    /// Who may read a copy; a link has none of its own.
    fileprivate var access: FileAccess {
        if case .copy(let access) = kind { access } else { FileAccess() }
    }
}

extension TargetStanding {
    /// Whether a link that another agent has made leads to one of its files.
    fileprivate func takesOver(_ text: String) -> Bool {
        guard let prefix = takesOverLinksTo, let name = FilePath(text).lastComponent?.string else {
            return false
        }
        return name.hasPrefix(prefix)
    }
}
