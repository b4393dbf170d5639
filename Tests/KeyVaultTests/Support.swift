import TestSupport
import AzureIdentity
import Foundation
import HTTP
import KeyVault
import Sensitive

extension Cloud {
    /// A cloud on this machine: every name below `localhost` is.
    static func local(caBundle: String? = nil) -> Cloud {
        Cloud(
            name: "local",
            vaultSuffix: "vault.localhost",
            audience: "https://vault.localhost",
            authorityHost: "https://login.localhost",
            caBundle: caBundle
        )
    }
}

extension RetryPolicy {
    /// As many tries as the standard policy has, without the waits.
    static let instant = RetryPolicy(
        delays: [.zero, .zero],
        jitter: 0,
        longestRetryAfter: standard.longestRetryAfter
    )
}

/// A vault `kv` of the local cloud: TLS and HTTP/2 by nginx, every answer by the test.
struct TestVault {
    let vault: ScriptedServer
    let identity: ScriptedServer
    let client: VaultClient
    private let nginx: Nginx

    var port: Int { Int(nginx.port) }

    /// The secret and the certificate `web`.
    var web: SecretURL {
        get throws {
            try SecretURL("https://kv.vault.localhost:\(port)/secrets/web", in: .local())
        }
    }

    init(
        _ answers: [ScriptedAnswer],
        identity identityAnswers: [ScriptedAnswer] = [.token("eyJ1"), .token("eyJ2")],
        policy: RetryPolicy = .instant
    ) throws {
        try self.init(ScriptedServer(answers: answers), identityAnswers, policy)
    }

    init(
        _ vault: ScriptedServer,
        _ identityAnswers: [ScriptedAnswer] = [.token("eyJ1")],
        _ policy: RetryPolicy = .instant
    ) throws {
        self.vault = vault
        identity = try ScriptedServer(answers: identityAnswers)
        nginx = try Nginx(
            locations: """
                location / {
                    proxy_pass http://127.0.0.1:\(vault.port);
                    proxy_set_header Host $http_host;
                    proxy_buffering off;
                }
                """,
            names: ["DNS:*.vault.localhost"]
        )
        let http = HTTPClient(caBundle: nginx.caBundle)
        let endpoint = try IdentityEndpoint(
            setting: "http://127.0.0.1:\(identity.port)/metadata/identity"
        )
        client = VaultClient(
            http: http,
            tokens: TokenCache(http: http, policy: .none),
            credential: .managedIdentity(endpoint, .system),
            cloud: .local(caBundle: nginx.caBundle),
            gates: VaultGates(policy)
        )
    }
}

extension ScriptedAnswer {
    static func token(_ token: String) -> ScriptedAnswer {
        ScriptedAnswer(200, #"{"access_token":"\#(token)","expires_in":"3600"}"#)
    }

    static func json(
        _ body: String,
        status: Int = 200,
        fields: [String: String] = [:]
    ) -> ScriptedAnswer {
        let type = ["Content-Type": "application/json; charset=utf-8"]
        return ScriptedAnswer(status, body, fields: type.merging(fields) { $1 })
    }

    /// A refusal with the vault's codes.
    static func refusal(
        _ status: Int,
        _ code: String,
        inner: String? = nil,
        message: String = "No.",
        fields: [String: String] = [:]
    ) -> ScriptedAnswer {
        let innerError = inner.map { #","innererror":{"code":"\#($0)"}"# } ?? ""
        return .json(
            #"{"error":{"code":"\#(code)","message":"\#(message)"\#(innerError)}}"#,
            status: status,
            fields: fields
        )
    }
}

/// Bundles as a vault of the local cloud writes them.
enum Bundle {
    static let version = "53f7dd3711364168882b48026cb30f80"

    static func secret(
        value: String = "MII=",
        id: String = "https://kv.vault.localhost/secrets/web/\(version)",
        more: String = ""
    ) -> String {
        """
        {"value":"\(value)","contentType":"application/x-pkcs12","id":"\(id)","managed":true,\
        "attributes":{"enabled":true,"nbf":1636058681,"exp":1667595281,"created":1636059281,\
        "updated":1636059282,"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},\
        "tags":{},"kid":"https://kv.vault.localhost/keys/web/\(version)"\(more)}
        """
    }

    static func certificate(x5t: String = "R7kjERBuM6fIfdRa-f6DDg57_3Q") -> String {
        """
        {"id":"https://kv.vault.localhost/certificates/web/\(version)","x5t":"\(x5t)",\
        "attributes":{"enabled":false,"nbf":1636058681,"exp":1667595281,"created":1636059281,\
        "updated":1636059281},"policy":{},"pending":{}}
        """
    }
}

extension SensitiveBytes {
    convenience init(_ text: String) {
        self.init(copying: text.utf8)
    }
}
