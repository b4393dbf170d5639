import FoundationEssentials
import HTTP
import PKI
import Sensitive
import Testing

@testable import KeyVaultEmulator

/// An emulator of its own for one test, and a client that trusts it.
struct Bench: Sendable {
    let emulator: Emulator
    let http: HTTPClient

    /// Runs `body` with an emulator on an empty state folder, which goes with it.
    static func run(
        _ change: (inout EmulatorConfiguration) -> Void = { _ in },
        _ body: (Bench) async throws -> Void
    ) async throws {
        let folder = "/tmp/kvagent-emulator-tests-\(UInt64.random(in: 0...UInt64.max))"
        defer {
            // A folder that stays is in nobody's way.
            try? FileManager.default.removeItem(atPath: folder)
        }
        var configuration = EmulatorConfiguration(stateDirectory: folder)
        change(&configuration)
        try await run(on: configuration, body)
    }

    /// Runs `body` with an emulator on a state folder that outlives it.
    static func run(
        on configuration: EmulatorConfiguration,
        _ body: (Bench) async throws -> Void
    ) async throws {
        let emulator = try await Emulator.start(configuration)
        let bench = Bench(
            emulator: emulator,
            http: HTTPClient(caBundle: emulator.endpoints.caFile)
        )
        do {
            try await body(bench)
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }

    /// What came back.
    struct Answer {
        let response: HTTPResponse
        var status: Int { response.status }
        var text: String {
            response.body.withBytes { span in
                String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
            }
        }
        var json: JSON? { JSON(parsing: Array(text.utf8)) }
        var code: String? { json?["error"]?["code"]?.string }
        var innerCode: String? { json?["error"]?["innererror"]?["code"]?.string }
        var message: String? { json?["error"]?["message"]?.string }
    }

    /// Whether a request carries a token, and which.
    enum Bearer {
        case fresh, none
        case this(String)
    }

    /// A request to a vault; `path` has its query.
    func ask(
        _ path: String,
        _ method: HTTPRequest.Method = .get,
        vault: String = "kv",
        bearer: Bearer = .fresh,
        body: String? = nil
    ) async throws -> Answer {
        var fields = [HTTPField("Accept", "application/json")]
        switch bearer {
        case .none: break
        case .this(let token): fields.append(HTTPField("Authorization", "Bearer \(token)"))
        case .fresh: fields.append(HTTPField("Authorization", "Bearer \(try await token())"))
        }
        return Answer(
            response: try await http.send(
                HTTPRequest(
                    method,
                    path.hasPrefix("https:") ? path : emulator.endpoints.vaultURL(vault) + path,
                    fields: fields,
                    body: body.map { SensitiveBytes(copying: Array($0.utf8)) },
                    usesProxy: false
                )
            )
        )
    }

    /// A request to the identity endpoint.
    func askIdentity(
        _ query: String,
        hasHeader: Bool = true,
        authorization: String? = nil
    ) async throws -> Answer {
        Answer(
            response: try await http.send(
                HTTPRequest(
                    .get,
                    emulator.endpoints.identityEndpoint + "/oauth2/token" + query,
                    fields: (hasHeader ? [HTTPField("Metadata", "true")] : [])
                        + (authorization.map { [HTTPField("Authorization", $0)] } ?? []),
                    usesProxy: false
                )
            )
        )
    }

    /// A token of the machine's own identity.
    func token(for audience: String = "https://vault.localhost") async throws -> String {
        let answer = try await askIdentity("?api-version=2018-02-01&resource=\(audience)")
        return try #require(answer.json?["access_token"]?.string)
    }

    /// The newest version of a certificate as a client would take it apart.
    func bundle(_ name: String) async throws -> CertificateBundle {
        let answer = try await ask("/secrets/\(name)?api-version=7.4")
        let value = try #require(answer.json?["value"]?.string)
        return try CertificateBundle(
            secret: SensitiveBytes(copying: Array(value.utf8)),
            contentType: answer.json?["contentType"]?.string
        )
    }
}

extension CertificateOptions {
    /// A certificate that is quickly made.
    static let quick = CertificateOptions(dnsNames: ["www.contoso.com"], key: .p256)
}
