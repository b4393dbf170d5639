/// What is wrong with a version of a certificate that is made to be bad.
package enum ContentFault: String, Sendable, Codable, CaseIterable {
    /// The secret has the certificates but no key.
    case keyMissing
    /// The key in the secret belongs to another certificate.
    case keyOfAnother
    /// The certificates come in another order: root, leaf, intermediate. Still a good version.
    case shuffledChain
    /// It ended yesterday.
    case expired
    /// It begins tomorrow.
    case notYetValid
    /// The value is neither PKCS#12 nor PEM.
    case garbageValue
    /// The certificates that vouch for the leaf are left out.
    case leafOnly
    /// It has the first DNS name alone.
    case fewerNames
}
