import AzureIdentity
import Foundation
import HTTP
import KeyVaultEmulator
import Sensitive
import SystemPackage
import Testing
import TestSupport

/// The identity of an app, which the platform tells where to ask and with which header.
@Suite("App Service and Container Apps", .timeLimit(.minutes(15)))
struct AppServiceTests {
    private static let header = "5c1e-header"
    private static let audience = "https://vault.localhost"
    private static let identity = ManagedIdentity(
        clientID: "a-1",
        objectID: "o-1",
        resourceID: "/subscriptions/s/x"
    )

    private func cache(_ variables: [String: String]) -> TokenCache {
        TokenCache(
            http: HTTPClient(),
            surroundings: IdentitySurroundings(environment: variables),
            policy: .instant
        )
    }

    /// Asks the emulator as an app with that header.
    private func ask(
        _ selector: IdentitySelector,
        header: String = header
    ) async throws -> (Result<AccessToken, any Error>, EmulatorStatistics) {
        try await withTemporaryDirectory { directory in
            var configuration = EmulatorConfiguration(
                stateDirectory: directory.appending("vault").string
            )
            configuration.appServiceHeader = Self.header
            configuration.identities = [Self.identity]
            var outcome: Result<AccessToken, any Error>?
            var statistics = EmulatorStatistics()
            try await withEmulator(configuration) { emulator in
                let cache = cache([
                    "IDENTITY_ENDPOINT": emulator.endpoints.appServiceEndpoint,
                    "IDENTITY_HEADER": header,
                ])
                do {
                    let token = try await cache.token(
                        for: Self.audience,
                        using: .managedIdentity(nil, selector)
                    )
                    outcome = .success(token)
                } catch {
                    outcome = .failure(error)
                }
                statistics = await emulator.statistics()
            }
            return (try #require(outcome), statistics)
        }
    }

    @Test(
        "An app gets a token of the identity that it names",
        arguments: [
            .system, .clientID("A-1"), .objectID("o-1"), .resourceID("/subscriptions/s/x"),
        ] as [IdentitySelector]
    )
    func token(selector: IdentitySelector) async throws {
        let (outcome, statistics) = try await ask(selector)
        let token = try outcome.get()
        #expect(statistics.log.map(\.status) == [200])
        // Whose it is stands in it.
        let text = token.secret.withBytes { span in
            String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
        }
        let part = String(text.split(separator: ".").dropFirst().first ?? "")
            .replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - part.count % 4) % 4)
        let json = try #require(Data(base64Encoded: part + padding))
        let claims = try JSONDecoder().decode(Claims.self, from: json)
        #expect((claims.appid == "a-1") == (selector != .system))
    }

    private struct Claims: Decodable {
        let appid: String
    }

    @Test("The request is the one that App Service documents; the end alone dates the token")
    func request() async throws {
        let end = Int(Date().timeIntervalSince1970) + 3600
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(200, #"{"access_token":"eyJ0","expires_on":"\#(end)"}"#)
        ])
        let cache = cache([
            "IDENTITY_ENDPOINT": "http://127.0.0.1:\(server.port)/MSI/token/",
            "IDENTITY_HEADER": Self.header,
        ])
        let token = try await cache.token(
            for: "https://vault.azure.net",
            using: .managedIdentity(nil, .resourceID("/s x"))
        )
        #expect(token.expiresAt == Date(timeIntervalSince1970: Double(end)))
        let request = try #require(server.requests.first)
        #expect(
            request.target == "/MSI/token/?api-version=2019-08-01"
                + "&resource=https%3A%2F%2Fvault.azure.net&mi_res_id=%2Fs%20x"
        )
        #expect(request.fields["x-identity-header"] == Self.header)
        #expect(request.fields["authorization"] == nil)
    }

    @Test(
        "What keeps it from a token is told with what to do",
        arguments: [
            (.clientID("nobody"), header, "No User Assigned or Delegated", "assigned to the app"),
            (.system, "other", "401 Unauthorized (X-IDENTITY-HEADER", "restart kvagent"),
        ] as [(IdentitySelector, String, String, String)]
    )
    func refused(
        selector: IdentitySelector,
        header: String,
        text: String,
        hint: String
    ) async throws {
        let (outcome, statistics) = try await ask(selector, header: header)
        let error = #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        #expect(error?.hint?.contains(hint) == true)
        #expect(statistics.log.count == 1)
    }

    @Test(
        "Variables that are no app's of this machine are named, and nobody is asked",
        arguments: [
            (
                ["IDENTITY_ENDPOINT": "http://example.com/msi/token", "IDENTITY_HEADER": "h"], nil,
                "IDENTITY_ENDPOINT: identity endpoint is on example.com"
            ),
            (
                [
                    "IDENTITY_ENDPOINT": "http://127.0.0.1:1/x", "IDENTITY_HEADER": "h",
                    "IDENTITY_SERVER_THUMBPRINT": "t",
                ], nil, "Service Fabric is not supported"
            ),
            ([:], "http://localhost:42356/msi/token", "IDENTITY_HEADER is not set"),
            (
                ["IDENTITY_HEADER": "a\r\nb"], "http://localhost:42356/msi/token",
                "IDENTITY_HEADER is no header's value"
            ),
        ] as [([String: String], String?, String)]
    )
    func variables(environment: [String: String], setting: String?, text: String) async throws {
        let endpoint = try setting.map { try IdentityEndpoint(setting: $0) }
        let error = await #expect(throws: IdentityError.self) {
            try await cache(environment).token(for: "a", using: .managedIdentity(endpoint, .system))
        }
        #expect(error?.kind == .refused)
        #expect(error?.description.contains(text) == true, "\(error?.description ?? "")")
        #expect(error?.hint != nil)
    }
}
