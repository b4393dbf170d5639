import Glibc
import SystemPackage

extension Directory {
    /// Removes a file, after overwriting its bytes where that reaches the blocks that held them.
    ///
    /// It does on filesystems that write in place: ext2 to ext4 (with their default, journalled
    /// metadata only), XFS unless the file shares blocks, tmpfs. Elsewhere (Btrfs, ZFS, overlays)
    /// new bytes go to new blocks, and on flash the drive may keep the old ones anywhere: there
    /// only encryption of the disk protects what was deleted. A file with another name is left as
    /// it is; one that can't be overwritten is removed all the same.
    func erase(_ name: String) throws(StoreError) {
        overwrite(name)
        try unlink(name)
    }

    /// As `removeTree(_:)`, with every file erased.
    func eraseTree(_ name: String) throws(StoreError) {
        guard try entry(name) == .directory else { return try erase(name) }
        if let directory = try openIfPresent(name, isOurs: false) {
            for inner in try directory.names() { try directory.eraseTree(inner) }
        }
        try removeTree(name)
    }

    private func overwrite(_ name: String) {
        guard writesInPlace else { return }
        let flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = unsafe openat(descriptor, name, flags)
        guard file >= 0 else { return }
        defer { _ = close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
            facts.st_nlink == 1, facts.st_size <= Self.largestFile
        else { return }
        let zeros = [UInt8](repeating: 0, count: Int(facts.st_size))
        guard unsafe write(file, zeros, zeros.count) == zeros.count else { return }
        _ = fdatasync(file)
    }

    private var writesInPlace: Bool {
        // statfs(2): EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, TMPFS_MAGIC.
        [0xEF53, 0x5846_5342, 0x0102_1994].contains(LinuxCalls.filesystemKind(of: descriptor))
    }
}
