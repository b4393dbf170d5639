import SystemPackage

/// A place outside of the store where a file of the live version is to be found too.
package struct Target: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// A symlink through `current`: the rename that makes a version live moves it along.
        case link

        /// A file of its own, for software that refuses links or needs an owner or mode of its own.
        case copy(FileAccess)
    }

    /// Absolute.
    package var path: FilePath

    /// The name of the file in the version's directory.
    package var file: String
    package var kind: Kind

    package init(path: FilePath, file: String, kind: Kind) {
        self.path = path
        self.file = file
        self.kind = kind
    }
}

/// What is known of a target's place, beside what lies there.
package struct TargetStanding: Sendable, Hashable {
    /// Whether the agent has put something there before, so that what lies there is its own.
    package var isOurs: Bool

    /// Names beginning so, in the same directory, are files that another agent's link may lead to,
    /// which is taken over; nil where there is none such.
    package var takesOverLinksTo: String?

    package init(isOurs: Bool = false, takesOverLinksTo: String? = nil) {
        self.isOurs = isOurs
        self.takesOverLinksTo = takesOverLinksTo
    }
}
