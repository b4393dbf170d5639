/// Where the agent of Azure Arc puts its keys.
package struct ArcKeyPlace: Sendable, Hashable {
    /// Made where there is none.
    package var directory: String
    /// What challenges call the directory; nil: by its name.
    ///
    /// Another name makes it an agent that is not to be believed.
    package var claimed: String?

    package init(_ directory: String, claimed: String? = nil) {
        self.directory = directory
        self.claimed = claimed
    }
}
