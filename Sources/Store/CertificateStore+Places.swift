import Glibc
import SystemPackage

extension CertificateStore {
    /// Whether a name may become a directory or a link of the store: one that can't leave the
    /// root, hide, or pass for what the store keeps there for itself.
    package static func isValidName(_ name: String) -> Bool {
        StoreName.isPlain(name) && name != Readme.name
    }

    /// Makes a directory of the agent's own and those above it that are missing, each 0755.
    ///
    /// - Throws: A `StoreError`, also when something that is no directory is in the way or others
    ///   may write there.
    package static func makeDirectory(_ path: FilePath) throws(StoreError) {
        var missing: [FilePath] = []
        var place = path
        while !place.isEmpty, unsafe access(place.string, F_OK) != 0 {
            guard errno == ENOENT else {
                throw StoreError("make directory", path, Errno(rawValue: errno))
            }
            missing.append(place)
            guard place.removeLastComponent() else { break }
        }
        for directory in missing.reversed() {
            // Another kvagent may have been quicker; what counts is that it is there.
            guard unsafe mkdir(directory.string, 0o755) == 0 || errno == EEXIST else {
                throw StoreError("make directory", directory, Errno(rawValue: errno))
            }
        }
        _ = try Directory.open(path)
    }

    /// What would keep `makeDirectory(_:)` from success, found without changing anything.
    package static func obstacle(to path: FilePath) -> StoreError? {
        var place = path
        var facts = stat()
        while unsafe stat(place.string, &facts) != 0 {
            guard errno == ENOENT else {
                return StoreError("make directory", path, Errno(rawValue: errno))
            }
            guard place.removeLastComponent(), !place.isEmpty else { break }
        }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            return StoreError("make directory", path, .notDirectory)
        }
        // AT_EACCESS: what counts is who the agent acts as. A read-only file system is told here
        // too, also to root.
        guard unsafe faccessat(AT_FDCWD, place.string, W_OK | X_OK, AT_EACCESS) == 0 else {
            return StoreError("write", place, Errno(rawValue: errno))
        }
        if place == path {
            do {
                _ = try Directory.open(path)
            } catch {
                return error
            }
        }
        return nil
    }
}
