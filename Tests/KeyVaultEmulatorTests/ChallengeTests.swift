import HTTP
import Testing

@testable import KeyVaultEmulator

@Suite("Who may ask a vault")
struct ChallengeTests {
    @Test("a request without a token is told where to get one and for what")
    func challenge() async throws {
        try await Bench.run { bench in
            let answer = try await bench.ask("/secrets/web?api-version=7.4", bearer: .none)
            let port = bench.emulator.endpoints.vaultPort
            #expect(answer.status == 401)
            #expect(
                answer.response.value(of: "WWW-Authenticate")
                    == "Bearer authorization=\"https://login.localhost:\(port)/"
                    + "\(TokenAuthority.tenant)\", resource=\"https://vault.localhost:\(port)\""
            )
            #expect(answer.message == "AKV10000: Request is missing a Bearer or PoP token.")
        }
    }

    @Test("the wording of before 2021 has no number")
    func oldWording() async throws {
        try await Bench.run({ $0.behaviour.challengeWording = .before2021 }) { bench in
            let answer = try await bench.ask("/secrets?api-version=7.4", bearer: .none)
            #expect(answer.message == "Request is missing a Bearer or PoP token.")
        }
    }

    @Test("a token is good with and without the port in its audience")
    func audiences() async throws {
        try await Bench.run { bench in
            let audience = bench.emulator.endpoints.cloudSettings.audience
            for audience in ["https://vault.localhost", audience] {
                let token = try await bench.token(for: audience)
                let answer = try await bench.ask(
                    "/secrets?api-version=7.4",
                    bearer: .this(token)
                )
                #expect(answer.status == 200)
            }
        }
    }

    @Test(
        "a token for another audience is refused with that audience",
        arguments: ["https://vault.localhost/", "https://management.azure.com"]
    )
    func wrongAudience(_ audience: String) async throws {
        try await Bench.run { bench in
            let token = try await bench.token(for: audience)
            let answer = try await bench.ask("/secrets?api-version=7.4", bearer: .this(token))
            #expect(answer.status == 401)
            #expect(answer.message?.hasPrefix("AKV10022: Invalid audience. Expected") == true)
            #expect(answer.message?.hasSuffix("found: \(audience).") == true)
        }
    }

    @Test("an expired token is refused")
    func expired() async throws {
        try await Bench.run({ $0.behaviour.tokenLifetimeSeconds = 0 }) { bench in
            let answer = try await bench.ask("/secrets?api-version=7.4")
            #expect(answer.status == 401)
            #expect(answer.message?.hasPrefix("[TokenExpired]") == true)
        }
    }

    @Test("a revoked token is refused and the next one is good")
    func revoked() async throws {
        try await Bench.run { bench in
            let old = try await bench.token()
            await bench.emulator.revokeTokens()
            let refused = try await bench.ask("/secrets?api-version=7.4", bearer: .this(old))
            #expect(refused.status == 401)
            #expect(try await bench.ask("/secrets?api-version=7.4").status == 200)
        }
    }

    @Test("a token that was changed is refused")
    func forged() async throws {
        try await Bench.run { bench in
            var parts = try await bench.token().split(separator: ".").map { String($0) }
            parts[1] = String(parts[1].reversed())
            let answer = try await bench.ask(
                "/secrets?api-version=7.4",
                bearer: .this(parts.joined(separator: "."))
            )
            #expect(answer.status == 401)
            #expect(answer.message?.hasPrefix("[BearerReadAccessTokenFailed]") == true)
        }
    }

    @Test(
        "a request without a version of the interface is a bad one",
        arguments: [
            "", "?api-version=", "?api-version=latest", "?api-version=7", "?api-version=7.",
            "?api-version=7.4.1", "?api-version=2025-7-01", "?api-version=2025-07",
            "?api-version=2025-07-0x", "?api-version=-preview", "?api-version=7.4-preview.",
            "?api-version=7.4-beta",
        ]
    )
    func apiVersion(_ query: String) async throws {
        try await Bench.run { bench in
            let answer = try await bench.ask("/secrets/web" + query)
            #expect(answer.status == 400)
            #expect(answer.code == "BadParameter")
        }
    }

    @Test(
        "a version of the interface is a number or a date, a preview or none",
        arguments: [
            "7.4", "2025-07-01", "7.6-preview", "7.6-preview.1", "2025-07-01-preview.10",
        ]
    )
    func apiVersionTaken(_ version: String) async throws {
        try await Bench.run { bench in
            let answer = try await bench.ask("/secrets?api-version=\(version)")
            #expect(answer.status == 200)
        }
    }

    @Test("a name that Key Vault would not take is a bad one")
    func badName() async throws {
        try await Bench.run { bench in
            let answer = try await bench.ask("/secrets/Invalid_Name?api-version=7.4")
            #expect(answer.status == 400)
            #expect(answer.message == "The request URI contains an invalid name: Invalid_Name")
        }
    }
}
