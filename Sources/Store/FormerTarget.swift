import Glibc
import Sensitive
import SystemPackage

/// A link or a copy that the agent has put somewhere once.
package struct FormerTarget: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A symlink to a file in `current` of a certificate, by a path below one of these roots.
        case link(to: String, roots: [FilePath])
        case copy
    }

    /// What lies there now.
    package enum Remains: Sendable, Equatable {
        case nothing
        /// Just what the agent has put there.
        case ours
        /// What somebody else has put there since.
        case foreign
    }

    /// Absolute.
    package var path: FilePath
    package var kind: Kind

    package init(path: FilePath, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    /// Looks at what lies there now.
    ///
    /// - Parameter isWritten: Whether bytes are some that the agent has written there.
    /// - Returns: Whose it is.
    /// - Throws: A `StoreError` when that can't be told, or somebody else may write there: they
    ///   could swap names between this look and a removal.
    package func remains(
        isWritten: (SensitiveBytes) throws(StoreError) -> Bool
    ) throws(StoreError) -> Remains {
        guard let place = try place() else { return .nothing }
        return try remains(in: place.directory, place.name, isWritten)
    }

    /// Removes what lies there if it is the agent's, a copy's bytes overwritten where that means
    /// anything.
    ///
    /// - Parameter isWritten: As in `remains(isWritten:)`.
    /// - Returns: Whose it was.
    /// - Throws: As `remains(isWritten:)`, and where the agent's can't be removed.
    package func remove(
        isWritten: (SensitiveBytes) throws(StoreError) -> Bool
    ) throws(StoreError) -> Remains {
        guard let place = try place() else { return .nothing }
        if kind == .copy { try place.directory.removeLeftovers(StoreName.Temporary.ofCopies) }
        let remains = try remains(in: place.directory, place.name, isWritten)
        guard remains == .ours else { return remains }
        switch kind {
        case .link: try place.directory.unlink(place.name)
        case .copy:
            // It loses its name first: half overwritten it would be nobody's after a crash.
            let removed = StoreName.Temporary.removed.name()
            try place.directory.rename(place.name, to: removed)
            try place.directory.sync()
            try place.directory.erase(removed)
        }
        try place.directory.sync()
        return remains
    }

    private func remains(
        in directory: borrowing Directory,
        _ name: String,
        _ isWritten: (SensitiveBytes) throws(StoreError) -> Bool
    ) throws(StoreError) -> Remains {
        switch (kind, try directory.entry(name)) {
        case (_, .absent): return .nothing
        case (.link(let certificate, let roots), .symlink(let text)):
            return leads(text, to: certificate, below: roots) ? .ours : .foreign
        case (.copy, .other):
            guard try directory.isRegularFile(name), let bytes = try directory.read(name) else {
                return .foreign
            }
            return try isWritten(bytes) ? .ours : .foreign
        default: return .foreign
        }
    }

    /// Whether a link's text is one that `CertificateStore.link(_:to:standing:)` writes.
    private func leads(_ text: String, to certificate: String, below roots: [FilePath]) -> Bool {
        // Within a store they are relative.
        let target = text.hasPrefix("/") ? text : "\(path.removingLastComponent())/\(text)"
        return roots.contains { root in
            let prefix = "\(root)/\(certificate)/current/"
            return target.hasPrefix(prefix)
                && StoreName.isPlain(String(target.dropFirst(prefix.count)))
        }
    }

    private func place() throws(StoreError) -> Place? {
        guard let name = path.lastComponent?.string, path.isAbsolute else {
            throw StoreError("use target", path, .invalidArgument)
        }
        let parent = path.removingLastComponent()
        guard unsafe access(parent.string, F_OK) == 0 || errno != ENOENT else { return nil }
        return Place(directory: try Directory.open(parent), name: name)
    }

    /// A directory and a name in it.
    private struct Place: ~Copyable {
        let directory: Directory
        let name: String
    }
}
