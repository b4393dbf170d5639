/// Why a key, a certificate or a file could not be made.
package struct IssuingError: Error, Sendable, Equatable, CustomStringConvertible {
    package let operation: String
    package let reason: String

    package init(_ operation: String, _ reason: String) {
        self.operation = operation
        self.reason = reason
    }

    package var description: String { "\(operation): \(reason)" }
}

extension IssuingError {
    /// Runs a step that reads keys or certificates and names the operation in what it throws.
    static func naming<Result: ~Copyable>(
        _ operation: String,
        _ step: () throws(CertificateError) -> Result
    ) throws(IssuingError) -> Result {
        do {
            return try step()
        } catch {
            throw IssuingError(operation, error.description)
        }
    }
}
