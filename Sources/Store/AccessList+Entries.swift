extension AccessList {
    /// One line of an ACL; the numbers are those of the kernel's `include/uapi/linux/posix_acl.h`.
    struct Entry: Equatable {
        enum Tag: UInt16 {
            case owner = 0x01
            case user = 0x02
            case owningGroup = 0x04
            case group = 0x08
            case mask = 0x10
            case other = 0x20
        }

        let tag: Tag
        /// What is left of it under the mask; see acl(5), "Access check algorithm".
        let mayRead: Bool
        /// Of a user or a group, else of no meaning.
        let id: UInt32
    }

    /// The entries of an attribute's value; none where it is of another form.
    static func entries(_ encoded: [UInt8]) -> [Entry] {
        func number(at start: Int, count: Int) -> UInt32 {
            encoded[start..<start + count].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
        guard encoded.count >= 4, (encoded.count - 4) % 8 == 0, number(at: 0, count: 4) == 2 else {
            return []
        }
        let raw = stride(from: 4, to: encoded.count, by: 8).map { start in
            (
                tag: Entry.Tag(rawValue: UInt16(number(at: start, count: 2))),
                permissions: number(at: start + 2, count: 2), id: number(at: start + 4, count: 4)
            )
        }
        let mask = raw.first { $0.tag == .mask }?.permissions ?? 7
        return raw.compactMap { entry in
            guard let tag = entry.tag else { return nil }
            let isMasked = tag == .user || tag == .group || tag == .owningGroup
            let permissions = isMasked ? entry.permissions & mask : entry.permissions
            return Entry(tag: tag, mayRead: permissions & 4 != 0, id: entry.id)
        }
    }
}
