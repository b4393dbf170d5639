extension FileAccess {
    /// Owner, group, mode and ACL in one line, the same for all that mean the same:
    /// `0640 root:ssl-cert acl group ops, user app1`.
    ///
    /// A hyphen, which is no account's name, stands for the user or group that the agent runs as.
    package var words: String {
        let digits = String(mode, radix: 8)
        let mode = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let readers = acls.flatMap { grant in
            [grant.user.map { "user \($0)" }, grant.group.map { "group \($0)" }].compactMap(\.self)
        }
        return "\(mode) \(owner ?? "-"):\(group ?? "-")"
            + (readers.isEmpty ? "" : " acl \(Set(readers).sorted().joined(separator: ", "))")
    }
}
