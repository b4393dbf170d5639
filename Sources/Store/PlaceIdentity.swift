import Glibc
import SystemPackage

/// A name in a directory, whatever symlinks and mounts the path to it leads through.
package struct PlaceIdentity: Sendable, Hashable {
    private let device: dev_t
    private let inode: ino_t
    private let name: String

    /// nil where there is no such directory.
    package init?(_ path: FilePath) {
        var facts = stat()
        guard let name = path.lastComponent?.string,
            unsafe stat(path.removingLastComponent().string, &facts) == 0
        else { return nil }
        device = facts.st_dev
        inode = facts.st_ino
        self.name = name
    }
}
