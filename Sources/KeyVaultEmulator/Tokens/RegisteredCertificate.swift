/// A certificate that an application may show instead of a secret.
package enum RegisteredCertificate: Sendable, Hashable {
    /// This one, DER.
    case exact([UInt8])
    /// Any with this common name that this authority (DER) vouches for, directly or not.
    case named(String, authority: [UInt8])
}
