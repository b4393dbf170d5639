/// How the live files and their targets differ from what was put on the disk, in words.
struct LiveDrift: Equatable {
    /// Files that are gone or hold something else: `cert.pem was changed`.
    var contents: [String] = []

    /// Files with another owner, group, mode or ACL.
    var access: [String] = []

    /// Links and copies that are gone, were changed or lead elsewhere.
    var targets: [String] = []

    /// Whether a copy outside of the store holds something else, so that its reader has to be told.
    var hasChangedCopies = false

    /// Whether files or targets are there, or are not, because the settings have changed.
    var isOutdated = false

    var isEmpty: Bool { contents.isEmpty && access.isEmpty && targets.isEmpty }

    /// Whether somebody may have read what was wrong.
    var concernsReaders: Bool { !contents.isEmpty || hasChangedCopies }

    var description: String { (contents + access + targets).joined(separator: "; ") }
}
