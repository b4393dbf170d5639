import AzureIdentity
import Foundation
import HTTP
import KeyVaultEmulator
import Sensitive
import SystemPackage
import TestSupport
import Testing

@Suite("Client secret", .timeLimit(.minutes(15)))
struct ClientSecretTests {
    private static let audience = "https://vault.localhost"
    private static let client = "1f2e3d4c-1111-2222-3333-444455556666"
    private static let secret = "s&cr=t+ %ü~8Q"

    private struct Bench {
        let emulator: Emulator
        let cache: TokenCache
        let file: FilePath
        let credential: Credential

        func failure() async -> IdentityError? {
            await #expect(throws: IdentityError.self) {
                try await cache.token(for: audience, using: credential)
            }
        }
    }

    private func run(
        tenant: String? = nil,
        client: String = client,
        secret: String = secret,
        mode: mode_t = 0o600,
        named name: String? = nil,
        authority: String? = nil,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            var configuration = EmulatorConfiguration(
                stateDirectory: directory.appending("vault").string
            )
            configuration.clients = [Self.client: Self.secret]
            let file = directory.appending("credentials").appending("secret")
            try writeFile(file, secret + "\n", mode: mode)
            try await withEmulator(configuration) { emulator in
                let endpoints = emulator.endpoints
                let cache = TokenCache(
                    http: HTTPClient(caBundle: endpoints.caFile),
                    surroundings: IdentitySurroundings(
                        environment: [
                            "CREDENTIALS_DIRECTORY": file.removingLastComponent().string
                        ],
                        authorityHost: authority ?? endpoints.authorityHost
                    ),
                    policy: .instant
                )
                let credential = Credential.application(
                    Application(tenantID: tenant ?? endpoints.tenantID, clientID: client),
                    .secretFile(name ?? file.string)
                )
                try await body(
                    Bench(emulator: emulator, cache: cache, file: file, credential: credential)
                )
            }
        }
    }

    @Test("A secret, whatever its characters, gives a token", arguments: [nil, "secret"])
    func token(name: String?) async throws {
        try await run(named: name) { bench in
            let token = try await bench.cache.token(for: Self.audience, using: bench.credential)
            #expect(token.renewAt < token.expiresAt)
            #expect(token.expiresAt.timeIntervalSinceNow > 80_000)
            _ = try await bench.cache.token(for: Self.audience, using: bench.credential)
            #expect(await bench.emulator.statistics().count(.token) == 1)
        }
    }

    @Test("Concurrent calls share one request")
    func shared() async throws {
        try await run { bench in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try await bench.cache.token(
                            for: Self.audience,
                            using: bench.credential
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(await bench.emulator.statistics().count(.token) == 1)
        }
    }

    @Test("A replaced secret counts from the next token on")
    func replaced() async throws {
        try await run { bench in
            let token = try await bench.cache.token(for: Self.audience, using: bench.credential)
            await bench.cache.discard(token, for: Self.audience, of: bench.credential)
            try writeFile(bench.file, "wrong", mode: 0o600)
            #expect(await bench.failure()?.kind == .refused)
        }
    }

    @Test("What the authority refuses is told with its number, the trace id and the mend")
    func wrong() async throws {
        try await run(secret: "wrong") { bench in
            let error = try #require(await bench.failure())
            #expect(error.kind == .refused)
            #expect(
                error.description.hasPrefix(
                    "get token for https://vault.localhost as application \(Self.client): "
                        + "login.localhost:\(bench.emulator.endpoints.vaultPort) answers "
                        + "401 Unauthorized (invalid_client: AADSTS7000215: Invalid client secret"
                )
            )
            #expect(error.description.contains("; trace id "))
            #expect(!error.description.contains("Correlation ID"))
            #expect(error.hint?.contains(bench.file.string) == true)
            #expect(await bench.emulator.statistics().count(.token) == 1)
        }
    }

    @Test("A tenant or an application that is not there is told as that")
    func unknown() async throws {
        try await run(tenant: "contoso.com") { bench in
            let error = await bench.failure()
            #expect(error?.description.contains("AADSTS90002") == true)
            #expect(error?.hint?.contains("tenantId") == true)
        }
        try await run(client: "1f2e3d4c-0000-2222-3333-444455556666") { bench in
            let error = await bench.failure()
            #expect(error?.description.contains("AADSTS700016") == true)
            #expect(error?.hint?.contains("clientId and tenantId") == true)
        }
    }

    @Test(
        "Files that are no secret are named, and nothing is sent",
        arguments: [
            ("", 0o600, "empty"), ("a\nb", 0o600, "more than one line"),
            (secret, 0o644, "readable by everybody"), (secret, 0o602, "writable by everybody"),
            (String(repeating: "x", count: 4097), 0o600, "larger than 4096 bytes"),
        ] as [(String, mode_t, String)]
    )
    func unusable(secret: String, mode: mode_t, cause: String) async throws {
        try await run(secret: secret, mode: mode) { bench in
            let error = await bench.failure()
            let text = "read client secret \(bench.file): \(cause)"
            #expect(error?.description.hasSuffix(text) == true, "\(error?.description ?? "")")
            #expect(error?.description.contains("xxxx") == false)
            let surroundings = IdentitySurroundings(environment: [:])
            #expect(bench.credential.problem(in: surroundings)?.cause == cause)
            #expect(await bench.emulator.statistics().count(.token) == 0)
        }
    }

    @Test("A missing credential of the service is named")
    func missing() async throws {
        try await run(named: "absent") { bench in
            let path = bench.file.removingLastComponent().appending("absent")
            let text = "read client secret \(path): no such file or directory"
            #expect(await bench.failure()?.description.hasSuffix(text) == true)
        }
    }

    @Test(
        "A busy authority is asked again, and what it answers may be HTML",
        arguments: [429, 503]
    )
    func busy(status: Int) async throws {
        try await run { bench in
            var fault = Fault(status == 429 ? .throttle : .serverError, on: .authority, count: 2)
            fault.retryAfterSeconds = status == 429 ? 0 : nil
            await bench.emulator.setFault(fault)
            _ = try await bench.cache.token(for: Self.audience, using: bench.credential)
            #expect(await bench.emulator.statistics().count(.token) == 3)
        }
    }

    @Test("A longer wait than a pass has is not waited for")
    func longWait() async throws {
        try await run { bench in
            var fault = Fault(.throttle, on: .authority, count: 1)
            fault.retryAfterSeconds = 3600
            await bench.emulator.setFault(fault)
            #expect(await bench.failure()?.kind == .throttled)
            #expect(await bench.emulator.statistics().count(.token) == 1)
        }
    }

    @Test("An answer that is no token is malformed")
    func garbage() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.garbage, on: .authority))
            #expect(await bench.failure()?.kind == .malformed)
        }
    }

    @Test("An authority that nobody vouches for is sent nothing")
    func untrusted() async throws {
        try await run { bench in
            let cache = TokenCache(
                http: HTTPClient(),
                surroundings: IdentitySurroundings(
                    environment: [:],
                    authorityHost: bench.emulator.endpoints.authorityHost
                ),
                policy: .instant
            )
            let error = await #expect(throws: IdentityError.self) {
                try await cache.token(for: Self.audience, using: bench.credential)
            }
            #expect(error?.kind == .unreachable)
            #expect(await bench.emulator.statistics().count(.token) == 0)
        }
        try await run(authority: "http://login.localhost") { bench in
            #expect(await bench.failure()?.kind == .refused)
        }
    }
}
