import HTTP
import Testing

@testable import KeyVaultEmulator

@Suite("Who may do what in a vault")
struct AccessTests {
    private static let secret = "/secrets/web?api-version=7.4"
    private static let certificate = "/certificates/web?api-version=7.4"
    private static let me = ManagedIdentity.system
    private static let caller =
        "appid=\(me.clientID);oid=\(me.objectID);iss=\(TokenAuthority.issuer)"

    /// An emulator with the certificate `web` in `kv`, and the access to `kv` as `change` leaves it.
    private func run(
        _ change: (inout VaultAccess) -> Void,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await Bench.run { bench in
            try await bench.emulator.createCertificate(vault: "kv", name: "web", .quick)
            var access = VaultAccess()
            change(&access)
            try await bench.emulator.setAccess(access, to: "kv")
            try await body(bench)
        }
    }

    @Test(
        "A role allows what its definition has",
        arguments: [
            (.secretsUser, [200, 200, 403, 403, 403]),
            (.certificateUser, [200, 200, 200, 200, 403]),
            (.reader, [403, 200, 200, 200, 403]),
            (.administrator, [200, 200, 200, 200, 200]),
            (nil, [403, 403, 403, 403, 403]),
        ] as [(Role?, [Int])]
    )
    func roles(_ role: Role?, _ statuses: [Int]) async throws {
        try await run {
            $0.model = .roles
            $0.assignments = role.map { [RoleAssignment($0, to: Self.me.objectID)] } ?? []
        } _: { bench in
            var answers: [Int] = []
            for path in [
                Self.secret, "/secrets?api-version=7.4", Self.certificate,
                "/certificates/web/versions?api-version=7.4",
            ] {
                answers.append(try await bench.ask(path).status)
            }
            let write = try await bench.ask(
                "/secrets/other?api-version=7.4",
                .put,
                body: #"{"value":"1"}"#
            )
            #expect(answers + [write.status] == statuses)
        }
    }

    @Test("A role on one secret is none on its certificate or on another secret")
    func scope() async throws {
        try await run {
            $0.model = .roles
            $0.assignments = [
                RoleAssignment(.certificateUser, to: Self.me.objectID, scope: "secrets/WEB")
            ]
        } _: { bench in
            try await bench.emulator.putSecret(vault: "kv", name: "other", value: "1")
            #expect(try await bench.ask(Self.secret).status == 200)
            #expect(try await bench.ask(Self.certificate).status == 403)
            #expect(try await bench.ask("/secrets/other?api-version=7.4").status == 403)
            #expect(try await bench.ask(Self.secret, vault: "kv2").status == 404)
        }
    }

    @Test("ForbiddenByRbac has the words of the service, and the vault's extra fields")
    func roleWords() async throws {
        try await run {
            $0.model = .roles
        } _: { bench in
            let answer = try await bench.ask(Self.secret)
            #expect(answer.code == "Forbidden" && answer.innerCode == "ForbiddenByRbac")
            #expect(
                answer.message == """
                    Caller is not authorized to perform action on resource.\r
                    If role assignments, deny assignments or role definitions were changed \
                    recently, please observe propagation time.\r
                    Caller: \(Self.caller)\r
                    Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'\r
                    Resource: '/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups\
                    /emulator/providers/microsoft.keyvault/vaults/kv/secrets/web'\r
                    Assignment: (not found)\r
                    DenyAssignmentId: null\r
                    DecisionReason: 'DeniedWithNoValidRBAC' \r
                    Vault: kv;location=westeurope\r\n
                    """
            )
            #expect(answer.response.value(of: "x-ms-keyvault-rbac-assignment-id") != nil)
        }
    }

    @Test("An access policy allows what it lists, and a refusal says what is missing")
    func policies() async throws {
        try await run {
            $0.model = .policies
            $0.policies = [AccessPolicy(to: Self.me.objectID, secrets: ["get"])]
        } _: { bench in
            #expect(try await bench.ask(Self.secret).status == 200)
            for (path, permission) in [
                (Self.certificate, "certificates get"),
                ("/secrets/web/versions?api-version=7.4", "secrets list"),
            ] {
                let answer = try await bench.ask(path)
                #expect(answer.status == 403 && answer.innerCode == "ForbiddenByPolicy")
                #expect(
                    answer.message == "The user, group or application '\(Self.caller)' does not "
                        + "have \(permission) permission on key vault "
                        + "'kv;location=westeurope'. For help resolving this issue, please see "
                        + "https://go.microsoft.com/fwlink/?linkid=2125287"
                )
            }
        }
    }

    @Test(
        "A firewall lets through whom its rules name",
        arguments: [
            (["127.0.0.0/8"], true), (["203.0.113.9", "127.0.0.1"], true), (["0.0.0.0/0"], true),
            (["203.0.113.0/24"], false), ([], false),
        ]
    )
    func firewall(_ allowed: [String], _ passes: Bool) async throws {
        try await run {
            $0.network.allowed = allowed
        } _: { bench in
            let answer = try await bench.ask(Self.secret)
            #expect(answer.status == (passes ? 200 : 403))
            guard !passes else { return }
            #expect(answer.innerCode == "ForbiddenByFirewall")
            #expect(
                answer.message == """
                    Client address is not authorized and caller is not a trusted service.\r
                    Client address: 127.0.0.1\r
                    Caller: \(Self.caller)\r
                    Vault: kv;location=westeurope
                    """
            )
        }
    }

    @Test("A vault behind a private endpoint alone says so")
    func connection() async throws {
        try await run {
            $0.network.isPublic = false
        } _: { bench in
            let answer = try await bench.ask(Self.secret)
            #expect(answer.status == 403 && answer.innerCode == "ForbiddenByConnection")
            #expect(
                answer.message == """
                    Public network access is disabled and request is not from a trusted service \
                    nor via an approved private link.\r
                    Caller: \(Self.caller)\r
                    Vault: kv;location=westeurope
                    """
            )
            // The caller is named, so the token comes first.
            #expect(try await bench.ask(Self.secret, bearer: .none).status == 401)
        }
    }

    @Test("What is being deleted is AccessDenied")
    func deletionInFlight() async throws {
        try await run { _ in
        } _: { bench in
            await bench.emulator.setFault(Fault(.denyObject))
            let answer = try await bench.ask(Self.secret)
            #expect(answer.status == 403 && answer.innerCode == "AccessDenied")
            #expect(answer.message == "Operation get is not permitted on this object.")
        }
    }

    @Test("A vault takes as many requests as its limit, each vault by itself", arguments: [nil, 7])
    func limit(_ retryAfter: Int?) async throws {
        try await run {
            $0.limit = RequestLimit(requests: 2, seconds: 1e6, retryAfterSeconds: retryAfter)
        } _: { bench in
            var statuses: [Int] = []
            for _ in 0..<4 { statuses.append(try await bench.ask(Self.secret).status) }
            #expect(statuses == [200, 200, 429, 429])
            let answer = try await bench.ask(Self.secret)
            #expect(answer.code == "Throttled")
            #expect(answer.response.value(of: "Retry-After") == retryAfter.map { String($0) })
            #expect(try await bench.ask(Self.secret, vault: "kv2").status == 404)
        }
    }

    @Test("A bucket fills evenly, up to its limit, and what it refuses takes nothing")
    func bucket() {
        let start = ContinuousClock.now
        var bucket = TokenBucket(RequestLimit(requests: 5, seconds: 10), now: start)
        func take(_ count: Int, at seconds: Int) -> Int {
            (0..<count).filter { _ in bucket.take(now: start + .seconds(seconds)) }.count
        }
        #expect(take(8, at: 0) == 5)
        #expect(take(8, at: 1) == 0)
        #expect(take(8, at: 4) == 2)
        #expect(take(8, at: 100) == 5)
    }

    @Test("Every answer has the fields that the service always sends", arguments: [200, 401, 404])
    func fields(_ status: Int) async throws {
        try await run { _ in
        } _: { bench in
            let answer = try await bench.ask(
                status == 404 ? "/secrets/none?api-version=7.4" : Self.secret,
                bearer: status == 401 ? .none : .fresh
            )
            #expect(answer.status == status)
            for name in [
                "Cache-Control", "Pragma", "Content-Type", "Content-Length", "Expires", "Date",
                "Strict-Transport-Security", "X-Content-Type-Options", "x-ms-keyvault-region",
                "x-ms-keyvault-service-version", "x-ms-keyvault-network-info", "x-ms-request-id",
            ] {
                #expect(answer.response.value(of: name)?.isEmpty == false, "\(name)")
            }
        }
    }

    @Test("What is said outlives a restart, and nonsense is refused")
    func persistence() async throws {
        var folder = ""
        try await Bench.run { configuration in
            folder = configuration.stateDirectory
        } _: { bench in
            var access = VaultAccess()
            access.network.allowed = ["example.com"]
            await #expect(throws: EmulatorError.self) {
                try await bench.emulator.setAccess(access, to: "kv")
            }
            access.network.allowed = ["10.0.0.0/8"]
            try await bench.emulator.setAccess(access, to: "kv")
            await bench.emulator.stop()
            try await Bench.run(on: EmulatorConfiguration(stateDirectory: folder)) { later in
                #expect(await later.emulator.access(to: "KV") == access)
                let answer = try await later.ask(Self.secret)
                #expect(answer.status == 403)
            }
        }
    }
}
