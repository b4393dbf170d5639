/// What is done when the live files are no longer as they were put on the disk: `policy.drift`.
package enum DriftPolicy: String, Sendable, CaseIterable {
    /// They are put right, and hooks run where it was the contents.
    case heal
    /// It is said, once for each change, and nothing is touched.
    case warn
    /// Nothing is said.
    case ignore
}
