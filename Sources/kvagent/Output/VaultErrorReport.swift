import Agent
import KeyVault

/// What a vault answered instead of a version, for whoever has to tell Microsoft's support.
struct VaultErrorReport: Encodable {
    let vault: String

    /// The name of the secret or the certificate.
    let object: String
    @OrNull var status: Int?
    @OrNull var code: String?
    @OrNull var innerCode: String?
    @OrNull var requestId: String?

    init(_ error: VaultError) {
        vault = error.host
        object = error.object
        status = error.status
        code = error.code
        innerCode = error.innerCode
        requestId = error.requestID
    }
}
