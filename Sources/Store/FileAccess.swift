/// Who may read what is installed.
package struct FileAccess: Sendable, Hashable {
    /// A user's name or number; nil is the user that the agent runs as.
    package var owner: String?
    /// A group's name or number; nil is the group that the agent runs as.
    package var group: String?
    /// The permission bits of files that hold a private key.
    package var mode: UInt16
    /// Users and groups that may read such files beside the owner and the group.
    package var acls: [ReadGrant]

    package init(
        owner: String? = nil,
        group: String? = nil,
        mode: UInt16 = 0o600,
        acls: [ReadGrant] = []
    ) {
        self.owner = owner
        self.group = group
        self.mode = mode
        self.acls = acls
    }
}

/// Leave to read for one user, one group, or both.
package struct ReadGrant: Sendable, Hashable {
    package var user: String?
    package var group: String?

    package init(user: String? = nil, group: String? = nil) {
        self.user = user
        self.group = group
    }
}
