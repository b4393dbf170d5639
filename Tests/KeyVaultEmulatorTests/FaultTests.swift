import HTTP
import Testing

@testable import KeyVaultEmulator

@Suite("Answers that go wrong on purpose")
struct FaultTests {
    private static let path = "/secrets/web?api-version=7.4"

    /// An emulator with one secret, `web` in `kv`.
    private func run(_ body: (Bench) async throws -> Void) async throws {
        try await Bench.run { bench in
            try await bench.emulator.putSecret(vault: "kv", name: "web", value: "1")
            try await body(bench)
        }
    }

    @Test("throttling comes with and without Retry-After", arguments: [nil, 7])
    func throttle(_ seconds: Int?) async throws {
        try await run { bench in
            await bench.emulator.setFault(.throttle(retryAfterSeconds: seconds))
            let answer = try await bench.ask(Self.path)
            #expect(answer.status == 429)
            #expect(answer.code == "Throttled")
            #expect(answer.response.value(of: "Retry-After") == seconds.map { String($0) })
            await bench.emulator.clearFaults()
            #expect(try await bench.ask(Self.path).status == 200)
        }
    }

    @Test("a fault with a count is over after it")
    func count() async throws {
        try await run { bench in
            await bench.emulator.setFault(.serverError(502, count: 2))
            var statuses: [Int] = []
            for _ in 0..<3 { statuses.append(try await bench.ask(Self.path).status) }
            #expect(statuses == [502, 502, 200])
        }
    }

    @Test("a server error has a body of HTML")
    func html() async throws {
        try await run { bench in
            await bench.emulator.setFault(.serverError())
            let answer = try await bench.ask(Self.path)
            #expect(answer.status == 503)
            #expect(answer.response.value(of: "Content-Type") == "text/html")
            #expect(answer.text == "<h2>Service Unavailable</h2>")
        }
    }

    @Test("an answer that is cut off reaches nobody whole")
    func cutOff() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.cutOff, count: 1))
            await #expect(throws: HTTPError.self) { try await bench.ask(Self.path) }
            let whole = try await bench.ask(Self.path)
            #expect(whole.status == 200)
        }
    }

    @Test("garbage claims to be JSON and is not")
    func garbage() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.garbage))
            let answer = try await bench.ask(Self.path)
            #expect(answer.status == 200)
            #expect(answer.json == nil)
        }
    }

    @Test("a wrong content type leaves the body right")
    func contentType() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.wrongContentType))
            let answer = try await bench.ask(Self.path)
            #expect(answer.response.value(of: "Content-Type") == "text/plain")
            #expect(answer.json?["value"] == .string("1"))
        }
    }

    @Test("a delay holds the answer back")
    func delay() async throws {
        try await run { bench in
            let token = try await bench.token()
            await bench.emulator.setFault(.delay(milliseconds: 150))
            let start = ContinuousClock.now
            let answer = try await bench.ask(Self.path, bearer: .this(token))
            #expect(answer.status == 200)
            #expect(ContinuousClock.now - start >= .milliseconds(150))
        }
    }

    @Test("a fault concerns its vault and its secret alone")
    func scope() async throws {
        try await run { bench in
            try await bench.emulator.putSecret(vault: "kv", name: "other", value: "1")
            try await bench.emulator.putSecret(vault: "kv2", name: "web", value: "1")
            await bench.emulator.setFault(Fault(.throttle, vault: "kv", name: "WEB"))
            #expect(try await bench.ask(Self.path).status == 429)
            #expect(try await bench.ask("/secrets/other?api-version=7.4").status == 200)
            #expect(try await bench.ask(Self.path, vault: "kv2").status == 200)
        }
    }

    @Test("the Secrets User role may read secrets and no certificates")
    func denyCertificates() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.denyCertificates))
            let denied = try await bench.ask("/certificates/web?api-version=7.4")
            #expect(denied.status == 403)
            #expect(denied.innerCode == "ForbiddenByRbac")
            #expect(denied.message?.contains("oid=\(ManagedIdentity.system.objectID)") == true)
            #expect(try await bench.ask(Self.path).status == 200)
        }
    }

    @Test(
        "a denial names its kind and the caller",
        arguments: [
            (Fault.Kind.denySecrets, "ForbiddenByPolicy"), (.denyAddress, "ForbiddenByFirewall"),
        ]
    )
    func deny(_ kind: Fault.Kind, _ innerCode: String) async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(kind))
            let answer = try await bench.ask(Self.path)
            #expect(answer.status == 403)
            #expect(answer.innerCode == innerCode)
            #expect(answer.message?.contains("appid=\(ManagedIdentity.system.clientID)") == true)
        }
    }

    @Test("a request without a token uses up no refusal of a token")
    func refuseToken() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.refuseToken, count: 1))
            _ = try await bench.ask(Self.path, bearer: .none)
            let refused = try await bench.ask(Self.path)
            #expect(refused.status == 401)
            #expect(refused.message?.hasPrefix("[TokenExpired]") == true)
            #expect(try await bench.ask(Self.path).status == 200)
        }
    }
}
