/// A live version with what was found in it and how it came.
package struct LiveExamination: Sendable {
    /// Without its files.
    package var record: VersionRecord
    package var contents: [Examination.Finding]
    package var approval: Approval?

    /// The newest row that made it live for a reason of its own: mended files, and what a crash had
    /// cut short, only go on with that.
    package var arrival: LastDeployment?

    /// What it took the place of then, without its files; nil where that isn't on record.
    package var replaced: VersionRecord?
}
