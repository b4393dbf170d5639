import Glibc

/// A POSIX ACL that lets some users and groups read beside those of the permission bits.
///
/// The bytes are those of the attribute `system.posix_acl_access`: a version of 2 in 32 bits, then
/// per entry tag, permissions (16 bits each) and id (32 bits), all little endian, sorted by tag
/// and id. See acl(5) and the kernel's `include/uapi/linux/posix_acl_xattr.h`.
struct AccessList: Equatable {
    /// The name under which the kernel keeps it.
    static let attribute = "system.posix_acl_access"

    /// Who may read.
    struct Readers: Equatable {
        var users: Set<uid_t> = []
        var groups: Set<gid_t> = []
        var isEmpty: Bool { users.isEmpty && groups.isEmpty }
    }

    /// The attribute's value.
    let encoded: [UInt8]
    /// The permission bits that a file with this list shows: its group bits are the list's mask.
    let mode: mode_t

    init(mode: mode_t, readers: Readers) {
        let read: UInt16 = 4
        let owning = UInt16(mode >> 3 & 7)
        let mask = owning | read
        var bytes: [UInt8] = []
        Self.append(UInt32(2), to: &bytes)
        func entry(_ tag: UInt16, _ permissions: UInt16, _ id: UInt32 = .max) {
            Self.append(tag, to: &bytes)
            Self.append(permissions, to: &bytes)
            Self.append(id, to: &bytes)
        }
        entry(0x01, UInt16(mode >> 6 & 7))  // ACL_USER_OBJ
        for user in readers.users.sorted() { entry(0x02, read, user) }  // ACL_USER
        entry(0x04, owning)  // ACL_GROUP_OBJ
        for group in readers.groups.sorted() { entry(0x08, read, group) }  // ACL_GROUP
        entry(0x10, mask)  // ACL_MASK
        entry(0x20, UInt16(mode & 7))  // ACL_OTHER
        encoded = bytes
        self.mode = mode & ~0o070 | mode_t(mask) << 3
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> shift))
        }
    }
}
