import AzureIdentity
import Foundation
import HTTP
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("Workload identity", .timeLimit(.minutes(15)))
struct WorkloadIdentityTests {
    private static let audience = "https://vault.localhost"
    private static let client = "1f2e3d4c-1111-2222-3333-444455556666"
    private static let subject = "system:serviceaccount:web:kvagent"

    private struct Bench {
        let emulator: Emulator
        let issuer: TokenIssuer
        let file: FilePath
        /// What the webhook puts into a pod's environment.
        let variables: [String: String]

        func token(
            _ identity: WorkloadIdentity = WorkloadIdentity(),
            changing changes: [String: String?] = [:]
        ) async throws -> AccessToken {
            var environment = variables
            for (name, value) in changes { environment[name] = value }
            return try await cache(environment).token(
                for: audience,
                using: .workloadIdentity(identity)
            )
        }

        func cache(_ environment: [String: String]) -> TokenCache {
            TokenCache(
                http: HTTPClient(caBundle: emulator.endpoints.caFile),
                surroundings: IdentitySurroundings(
                    environment: environment,
                    authorityHost: emulator.endpoints.authorityHost
                ),
                policy: .instant
            )
        }

        func failure(changing changes: [String: String?] = [:]) async -> IdentityError? {
            await #expect(throws: IdentityError.self) { try await token(changing: changes) }
        }
    }

    private func run(_ body: (Bench) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let issuer = try TokenIssuer()
            var configuration = EmulatorConfiguration(
                stateDirectory: directory.appending("vault").string
            )
            configuration.federations = [
                FederatedCredential(
                    clientID: Self.client,
                    issuer: TokenIssuer.name,
                    subject: Self.subject,
                    key: issuer.key
                )
            ]
            let file = directory.appending("token")
            // Kubernetes leaves it readable to the pod's user, whoever that is.
            try writeFile(file, try issuer.token(Self.subject) + "\n", mode: 0o644)
            try await withEmulator(configuration) { emulator in
                try await body(
                    Bench(
                        emulator: emulator,
                        issuer: issuer,
                        file: file,
                        variables: [
                            "AZURE_TENANT_ID": emulator.endpoints.tenantID,
                            "AZURE_CLIENT_ID": Self.client,
                            "AZURE_FEDERATED_TOKEN_FILE": file.string,
                            "AZURE_AUTHORITY_HOST": emulator.endpoints.authorityHost + "/",
                        ]
                    )
                )
            }
        }
    }

    @Test("The environment of a pod gives a token")
    func environment() async throws {
        try await run { bench in
            let token = try await bench.token()
            #expect(token.expiresAt.timeIntervalSinceNow > 80_000)
        }
    }

    @Test("The settings count before the environment")
    func settings() async throws {
        try await run { bench in
            let identity = WorkloadIdentity(
                tenantID: bench.emulator.endpoints.tenantID,
                clientID: Self.client,
                tokenFile: bench.file.string
            )
            _ = try await bench.token(
                identity,
                changing: [
                    "AZURE_TENANT_ID": "x", "AZURE_CLIENT_ID": nil,
                    "AZURE_FEDERATED_TOKEN_FILE": "/absent",
                ]
            )
        }
    }

    @Test("The file is read for each token")
    func replaced() async throws {
        try await run { bench in
            let cache = bench.cache(bench.variables)
            let credential = Credential.workloadIdentity(WorkloadIdentity())
            let token = try await cache.token(for: Self.audience, using: credential)
            await cache.discard(token, for: Self.audience, of: credential)
            try writeFile(bench.file, try bench.issuer.token("someone else"))
            await #expect(throws: IdentityError.self) {
                try await cache.token(for: Self.audience, using: credential)
            }
        }
    }

    @Test(
        "What the application does not trust is told with the authority's number",
        arguments: [
            (["sub": "other"], 600, "AADSTS700213"),
            (["iss": "https://other"], 600, "AADSTS700211"),
            (["aud": "https://other"], 600, "AADSTS700212"), ([:], -3600, "AADSTS700024"),
        ] as [([String: String], Int, String)]
    )
    func refused(changes: [String: String], lifetime: Int, code: String) async throws {
        try await run { bench in
            let token = try bench.issuer.token(Self.subject, changes, lifetime: lifetime)
            try writeFile(bench.file, token)
            let error = await bench.failure()
            #expect(error?.kind == .refused)
            #expect(error?.description.contains(code) == true, "\(error?.description ?? "")")
            #expect(error?.hint?.contains(bench.file.string) == true)
            #expect(error?.description.contains("eyJ") == false)
        }
    }

    @Test("A token that somebody else has signed is refused")
    func forged() async throws {
        try await run { bench in
            try writeFile(bench.file, try TokenIssuer().token(Self.subject))
            #expect(await bench.failure()?.description.contains("AADSTS50013") == true)
        }
    }

    @Test(
        "A variable that is not set is named with its setting, and nothing is sent",
        arguments: [
            ("AZURE_TENANT_ID", "tenantId"), ("AZURE_CLIENT_ID", "clientId"),
            ("AZURE_FEDERATED_TOKEN_FILE", "tokenFile"),
        ]
    )
    func unset(variable: String, setting: String) async throws {
        try await run { bench in
            for value in [nil, ""] {
                let error = await bench.failure(changing: [variable: value])
                #expect(error?.description.hasSuffix("\(variable) is not set") == true)
                #expect(error?.hint?.contains("authenticationSettings.\(setting)") == true)
            }
            #expect(await bench.emulator.statistics().count(.token) == 0)
        }
    }

    @Test(
        "An authority of another cloud, or of nobody, gets no token to see",
        arguments: ["https://login.microsoftonline.com", "http://login.localhost", "evil.example"]
    )
    func otherAuthority(host: String) async throws {
        try await run { bench in
            let error = await bench.failure(changing: ["AZURE_AUTHORITY_HOST": host])
            #expect(error?.description.contains("AZURE_AUTHORITY_HOST is \(host)") == true)
            #expect(await bench.emulator.statistics().count(.token) == 0)
        }
    }

    @Test(
        "A file that holds no token is named, and nothing is sent",
        arguments: ["", "x", "a.b. c"]
    )
    func noToken(text: String) async throws {
        try await run { bench in
            try writeFile(bench.file, text)
            let error = await bench.failure()
            #expect(error?.description.contains("read federated token \(bench.file): ") == true)
            #expect(await bench.emulator.statistics().count(.token) == 0)
        }
    }
}
