import Foundation

/// A certificate that a listener shows.
package struct ServedLeaf: Sendable, Encodable {
    /// The names that it is shown for.
    package var serverNames: [String]

    /// Whether it is shown to clients that ask for no name.
    package var isDefault: Bool

    package let standing: Standing

    /// Which of ours it is, or would be.
    @OrNull package var certificate: String?
    @OrNull package var version: String?
    package let thumbprint: String
    package let sha256: String
    package let subject: String
    package let dnsNames: [String]
    package let notAfter: Date
}
