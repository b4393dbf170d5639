extension VaultError {
    /// The error with what to do about it.
    package var explained: String { hint.map { "\(description); \($0)" } ?? description }
}
