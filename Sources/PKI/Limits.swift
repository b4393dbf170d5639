/// What a secret may ask of this process, whoever wrote it.
///
/// Key Vault itself stops at 25 KiB and RSA 4096; the limits leave room and still keep the worst
/// input within seconds and a few megabytes.
enum Limits {
    /// The text of a secret.
    static let valueBytes = 256 * 1024
    static let certificates = 32
    static let keys = 8
    /// One private key in DER; RSA 8192 takes 5 KiB.
    static let keyBytes = 16 * 1024
    /// Blocks of a PEM text, bags of a PFX: certificates, keys, and what else may lie between.
    static let items = 128
    /// Levels of `safeContentsBag` in each other (RFC 7292 §4.2.6).
    static let nesting = 4
    /// Rounds of key derivation over a whole PFX.
    ///
    /// Windows writes 2,000, OpenSSL 2,048, NSS 10,000
    /// to 1,000,000 each for MAC, key and certificates; a million takes about half a second.
    static let derivationRounds: Int64 = 10_000_000
}
