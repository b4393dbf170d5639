import HTTP
import Sensitive
import Testing

@testable import KeyVaultEmulator

@Suite("The authority")
struct AuthorityTests {
    private func ask(
        _ bench: Bench,
        _ form: String,
        tenant: String = TokenAuthority.tenant
    ) async throws -> Bench.Answer {
        let endpoint = "/\(tenant)/oauth2/v2.0/token"
        return Bench.Answer(
            response: try await bench.http.send(
                HTTPRequest(
                    .post,
                    bench.emulator.endpoints.authorityHost + endpoint,
                    fields: [HTTPField("Content-Type", "application/x-www-form-urlencoded")],
                    body: SensitiveBytes(copying: Array(form.utf8)),
                    usesProxy: false
                )
            )
        )
    }

    private static let form =
        "grant_type=client_credentials&client_id=app&client_secret=s%26cret+x"
        + "&scope=https%3A%2F%2Fvault.localhost%2F.default"

    @Test("an application gets a token that the vaults take, its numbers as numbers")
    func token() async throws {
        try await Bench.run({ $0.clients = ["app": "s&cret x"] }) { bench in
            let answer = try await ask(bench, Self.form)
            #expect(answer.json?["expires_in"] == .integer(86_400))
            let token = try #require(answer.json?["access_token"]?.string)
            let read = try await bench.ask("/secrets?api-version=7.4", bearer: .this(token))
            #expect(read.status == 200)
            #expect(await bench.emulator.statistics().log.last?.clientID == "app")
        }
    }

    @Test("a wrong secret is refused as the authority refuses it")
    func wrongSecret() async throws {
        try await Bench.run({ $0.clients = ["app": "other"] }) { bench in
            let answer = try await ask(bench, Self.form)
            #expect(answer.status == 401)
            #expect(answer.json?["error"] == .string("invalid_client"))
            #expect(answer.json?["error_codes"] == .array([.integer(7_000_215)]))
        }
    }

    @Test("an application that is not registered is refused, and so is another tenant")
    func unknown() async throws {
        try await Bench.run({ $0.clients = ["other": "s&cret x"] }) { bench in
            let answer = try await ask(bench, Self.form)
            #expect(answer.status == 400)
            #expect(answer.json?["error_codes"] == .array([.integer(700_016)]))
            let elsewhere = try await ask(bench, Self.form, tenant: "contoso.com")
            #expect(elsewhere.status == 400)
            #expect(elsewhere.json?["error_codes"] == .array([.integer(90_002)]))
        }
    }

    @Test("another kind of grant is refused")
    func wrongGrant() async throws {
        try await Bench.run { bench in
            let answer = try await ask(bench, "grant_type=password&client_id=app")
            #expect(answer.status == 400)
            #expect(answer.json?["error"] == .string("unsupported_grant_type"))
        }
    }

    @Test("it says of itself where its tokens are")
    func discovery() async throws {
        try await Bench.run { bench in
            let host = bench.emulator.endpoints.authorityHost
            let answer = try await bench.ask(
                "\(host)/tenant/v2.0/.well-known/openid-configuration",
                bearer: .none
            )
            #expect(answer.json?["token_endpoint"] == .string("\(host)/tenant/oauth2/v2.0/token"))
            #expect(answer.json?["issuer"] == .string("\(host)/tenant/v2.0"))
        }
    }
}
