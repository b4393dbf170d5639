import AzureIdentity
import Foundation
import HTTP
import KeyVaultEmulator
import Sensitive
import SystemPackage
import TestSupport
import Testing

/// The challenge of Azure Arc's agent: answered by whom it should, and told nothing by all others.
@Suite("Azure Arc", .timeLimit(.minutes(15)))
struct ArcTests {
    private static let audience = "https://vault.localhost"

    /// Runs a test against an emulator that is Azure Arc's agent.
    private func withAgent(
        claimed: String? = nil,
        _ change: (inout EmulatorConfiguration) -> Void = { _ in },
        _ body: (Emulator, TokenCache) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let keys = directory.appending("tokens").string
            var configuration = EmulatorConfiguration(
                stateDirectory: directory.appending("vault").string
            )
            configuration.arcKeys = ArcKeyPlace(keys, claimed: claimed)
            change(&configuration)
            try await withEmulator(configuration) { emulator in
                let surroundings = IdentitySurroundings(
                    environment: [
                        "IDENTITY_ENDPOINT": emulator.endpoints.identityEndpoint + "/oauth2/token",
                        "IMDS_ENDPOINT": "http://127.0.0.1",
                    ],
                    arcKeys: keys
                )
                let cache = TokenCache(
                    http: HTTPClient(),
                    surroundings: surroundings,
                    policy: .instant
                )
                try await body(emulator, cache)
            }
        }
    }

    @Test("The agent's key gives a token, and is used up")
    func token() async throws {
        try await withAgent { emulator, cache in
            let credential = Credential.managedIdentity(nil, .system)
            let first = try await cache.token(for: Self.audience, using: credential)
            await cache.discard(first, for: Self.audience, of: credential)
            let second = try await cache.token(for: Self.audience, using: credential)
            #expect(first.secret != second.secret)
            let statuses = await emulator.statistics().log.map(\.status)
            #expect(statuses == [401, 200, 401, 200])
        }
    }

    @Test("Concurrent calls share one challenge")
    func shared() async throws {
        try await withAgent { emulator, cache in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        _ = try await cache.token(
                            for: Self.audience,
                            using: .managedIdentity(nil, .system)
                        )
                    }
                }
                try await group.waitForAll()
            }
            #expect(await emulator.statistics().count(.identity) == 2)
        }
    }

    @Test("A user-assigned identity is the one that was asked for")
    func userAssigned() async throws {
        let identity = ManagedIdentity(clientID: "A-1", objectID: "o-1", resourceID: "/s/x")
        try await withAgent {
            $0.identities = [identity]
        } _: { _, cache in
            for selector in [
                IdentitySelector.clientID("a-1"), .objectID("o-1"), .resourceID("/s/x"),
            ] {
                _ = try await cache.token(
                    for: Self.audience,
                    using: .managedIdentity(nil, selector)
                )
            }
        }
    }

    @Test("An agent that names a key elsewhere is sent nothing")
    func elsewhere() async throws {
        try await withAgent(claimed: "/etc") { emulator, cache in
            let error = await #expect(throws: IdentityError.self) {
                try await cache.token(for: "a", using: .managedIdentity(nil, .system))
            }
            #expect(error?.kind == .malformed)
            #expect(error?.description.contains("Basic realm=/etc/") == true)
            #expect(await emulator.statistics().log.map(\.status) == [401])
        }
    }
}

/// Whatever the challenge of a process that has taken the agent's port.
@Suite("A false agent of Azure Arc", .timeLimit(.minutes(15)))
struct FalseArcTests {
    /// What a challenge of `Basic realm=`, as `DIR` has the keys, is answered with.
    private func outcome(
        of challenge: String?,
        files: (FilePath) throws -> Void = { _ in },
        second: ScriptedAnswer = .token("eyJ0", expiresIn: "3600"),
        selector: IdentitySelector = .system
    ) async throws -> (Result<AccessToken, any Error>, [ReceivedRequest]) {
        try await withTemporaryDirectory { directory in
            let keys = directory.appending("tokens")
            try FileManager.default.createDirectory(
                atPath: keys.string,
                withIntermediateDirectories: false
            )
            try files(keys)
            let field = challenge.map {
                ["WWW-Authenticate": $0.replacing("DIR", with: keys.string)]
            }
            let server = try ScriptedServer(answers: [
                ScriptedAnswer(401, fields: field ?? [:]), second,
            ])
            let address = "http://127.0.0.1:\(server.port)/metadata/identity"
            let endpoint = try IdentityEndpoint(setting: address, kind: .arc)
            let cache = TokenCache(
                http: HTTPClient(),
                surroundings: IdentitySurroundings(arcKeys: keys.string),
                policy: .instant
            )
            do {
                let credential = Credential.managedIdentity(endpoint, selector)
                return (
                    .success(try await cache.token(for: "a", using: credential)), server.requests
                )
            } catch {
                return (.failure(error), server.requests)
            }
        }
    }

    private static func write(_ text: String) -> (FilePath) throws -> Void {
        { keys in
            try writeFile(keys.appending("a.key"), text, mode: 0o600)
            try writeFile(keys.removingLastComponent().appending("b.key"), "secret", mode: 0o600)
            try writeFile(keys.appending("a.txt"), "secret", mode: 0o600)
        }
    }

    @Test("The request is repeated with what is in the file, as it stands")
    func answered() async throws {
        let (outcome, requests) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write("k/+=\n")
        )
        #expect(throws: Never.self) { try outcome.get() }
        let target = "/metadata/identity/oauth2/token?api-version=2020-06-01&resource=a"
        #expect(requests.map(\.target) == [target, target])
        #expect(requests.map { $0.fields["metadata"] } == ["true", "true"])
        #expect(requests.map { $0.fields["authorization"] } == [nil, "Basic k/+="])
    }

    @Test(
        "No challenge leads out of the directory of the keys",
        arguments: [
            nil, "", "Bearer realm=DIR/a.key", "Basic", "Basic realm=", "Basic realm=\"DIR/a.key\"",
            "basic realm=DIR/a.key", "Basic realm=DIR/../b.key", "Basic realm=/etc/shadow",
            "Basic realm=DIR/a.txt", "Basic realm=DIR/.key", "Basic realm=DIR//a.key",
            "Basic realm=DIR/./a.key", "Basic realm=DIRx/a.key", "Basic realm=a.key",
            "Basic realm=DIR/a.key, charset=UTF-8", "Basic  realm=DIR/a.key",
            "Basic realm=DIR/sub/a.key", "Basic realm=DIR/a.key%00.key",
        ]
    )
    func refused(challenge: String?) async throws {
        let (outcome, requests) = try await outcome(of: challenge, files: Self.write("k"))
        let error = #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(error?.kind == .malformed)
        #expect(error?.description.contains("secret") == false)
        #expect(requests.count == 1)
    }

    @Test(
        "A file that is no key is sent to nobody",
        arguments: [
            ("", "empty"), ("a b", "holds no key"), ("a\r\nX: 1", "holds no key"),
            (String(repeating: "k", count: 4097), "larger than 4096 bytes"),
        ]
    )
    func noKey(text: String, cause: String) async throws {
        let (outcome, requests) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write(text)
        )
        let error = #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(error?.kind == .refused)
        #expect(error?.description.hasSuffix("/a.key: \(cause)") == true)
        #expect(requests.count == 1)
    }

    @Test("The largest key is one of 4096 bytes")
    func largest() async throws {
        let key = String(repeating: "k", count: 4096)
        let (outcome, requests) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write(key)
        )
        #expect(throws: Never.self) { try outcome.get() }
        #expect(requests.last?.fields["authorization"] == "Basic \(key)")
    }

    @Test("A symlink, a directory and nothing at all are no key files")
    func noFile() async throws {
        let makers: [(FilePath) throws -> Void] = [
            { _ in },
            {
                try FileManager.default.createDirectory(
                    atPath: $0.appending("a.key").string,
                    withIntermediateDirectories: false
                )
            },
            {
                try FileManager.default.createSymbolicLink(
                    atPath: $0.appending("a.key").string,
                    withDestinationPath: "/etc/hostname"
                )
            },
        ]
        for maker in makers {
            let (outcome, requests) = try await outcome(of: "Basic realm=DIR/a.key", files: maker)
            let error = #expect(throws: IdentityError.self) { try outcome.get() }
            #expect(error?.kind == .refused)
            #expect(requests.count == 1)
        }
    }

    @Test("A token without a challenge, or of another identity, is not taken")
    func unasked() async throws {
        let server = try ScriptedServer(answers: [.token("eyJ0", expiresIn: "3600")])
        let address = "http://127.0.0.1:\(server.port)/metadata/identity"
        let endpoint = try IdentityEndpoint(setting: address, kind: .arc)
        let cache = TokenCache(http: HTTPClient(), policy: .instant)
        await #expect(throws: IdentityError.self) {
            try await cache.token(for: "a", using: .managedIdentity(endpoint, .system))
        }
        let (outcome, _) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write("k"),
            selector: .clientID("a-1")
        )
        let error = #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(error?.description.hasSuffix("another identity than the one asked for") == true)
    }

    @Test("A redirect is followed nowhere")
    func redirect() async throws {
        let away = ScriptedAnswer(302, fields: ["Location": "http://127.0.0.2/"])
        let (outcome, requests) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write("k"),
            second: away
        )
        #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(requests.count == 2)
    }

    @Test("A key that the agent does not take is said to be one, and tried once")
    func notTaken() async throws {
        let (outcome, requests) = try await outcome(
            of: "Basic realm=DIR/a.key",
            files: Self.write("k"),
            second: ScriptedAnswer(401, #"{"error":"unauthorized_client"}"#)
        )
        let error = #expect(throws: IdentityError.self) { try outcome.get() }
        #expect(error?.kind == .refused)
        #expect(error?.hint?.contains("systemctl restart himdsd") == true)
        #expect(requests.count == 2)
    }

    @Test("An agent that does not run is named")
    func down() async throws {
        let address = "http://127.0.0.1:\(try ListeningSocket.closedPort())/metadata/identity"
        let endpoint = try IdentityEndpoint(setting: address, kind: .arc)
        let cache = TokenCache(http: HTTPClient(), policy: .instant)
        let error = await #expect(throws: IdentityError.self) {
            try await cache.token(for: "a", using: .managedIdentity(endpoint, .system))
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.hint?.contains("systemctl status himdsd") == true)
    }
}
