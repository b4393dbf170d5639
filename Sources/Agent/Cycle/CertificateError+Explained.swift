import PKI

extension CertificateError {
    /// The error with what to do about it.
    var explained: String { hint.map { "\(description); \($0)" } ?? description }
}
