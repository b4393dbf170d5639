import Glibc
import SystemPackage

extension Directory {
    /// What lies under a name.
    enum Entry: Equatable {
        case absent
        case symlink(to: String)
        case directory
        case other
    }

    /// What lies under `name`, itself and not what it points at.
    func entry(_ name: String) throws(StoreError) -> Entry {
        var facts = stat()
        guard unsafe fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return .absent }
            throw StoreError("look at", path.appending(name), Errno(rawValue: errno))
        }
        switch facts.st_mode & S_IFMT {
        case S_IFDIR: return .directory
        case S_IFLNK: return .symlink(to: try target(of: name))
        default: return .other
        }
    }

    private func target(of name: String) throws(StoreError) -> String {
        let size = Int(PATH_MAX)
        let target = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: size) {
            guard let text = $0.baseAddress else { return String?.none }
            let count = unsafe readlinkat(descriptor, name, text, size)
            guard count >= 0 else { return nil }
            return unsafe String(
                decoding: UnsafeRawBufferPointer(start: text, count: count),
                as: UTF8.self
            )
        }
        guard let target else {
            throw StoreError("read link", path.appending(name), Errno(rawValue: errno))
        }
        return target
    }

    /// Renames within the directory, over what `new` names.
    func rename(_ old: String, to new: String) throws(StoreError) {
        guard unsafe renameat(descriptor, old, descriptor, new) == 0 else {
            throw StoreError("rename", path.appending(new), Errno(rawValue: errno))
        }
    }

    /// Puts a symlink under `name` with one rename, and returns once it is on the disk.
    ///
    /// A reader sees what was there or the new link, never nothing. What lies there must be a
    /// symlink or absent; the caller has looked.
    func replaceLink(_ name: String, with target: String) throws(StoreError) {
        let temporary = StoreName.Temporary.new.name()
        guard unsafe symlinkat(target, descriptor, temporary) == 0 else {
            throw StoreError("make link", path.appending(name), Errno(rawValue: errno))
        }
        do {
            try rename(temporary, to: name)
        } catch {
            _ = unsafe unlinkat(descriptor, temporary, 0)
            throw error
        }
        try sync()
    }

    /// Removes a name that is no directory; one that is not there is no error.
    func unlink(_ name: String) throws(StoreError) {
        guard unsafe unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
            throw StoreError("remove", path.appending(name), Errno(rawValue: errno))
        }
    }

    /// Removes whatever lies under `name`, with all in it; symlinks are removed, not followed.
    func removeTree(_ name: String) throws(StoreError) {
        guard try entry(name) == .directory else { return try unlink(name) }
        if let directory = try openIfPresent(name, isOurs: false) {
            for inner in try directory.names() { try directory.removeTree(inner) }
        }
        guard unsafe unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw StoreError("remove", path.appending(name), Errno(rawValue: errno))
        }
    }

    /// Removes what a killed run has left under names of these kinds.
    ///
    /// - Returns: Whether there was anything.
    @discardableResult
    func removeLeftovers(_ kinds: [StoreName.Temporary]) throws(StoreError) -> Bool {
        var found = false
        for name in try names() where kinds.contains(where: { $0.made(name) }) {
            // Readers may have the earlier files of a mended version open until they go, the others
            // are nobody's to read.
            if StoreName.Temporary.replaced.made(name) {
                try removeTree(name)
            } else {
                try eraseTree(name)
            }
            found = true
        }
        return found
    }
}
