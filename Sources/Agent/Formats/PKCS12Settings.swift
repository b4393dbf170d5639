import PKI
import SystemPackage

/// How a certificate's PKCS#12 file is made: `pkcs12` of its entry.
package struct PKCS12Settings: Sendable, Hashable {
    /// The file that holds the password; nil is the empty password.
    package var passwordFile: FilePath?
    package var encryption = PKCS12Encryption.modern

    /// The friendly name of key and leaf; nil is the certificate's local name.
    package var alias: String?
}
