import HTTP
import Sensitive
import Testing

@testable import KeyVaultEmulator

@Suite("The administration over HTTP")
struct AdministrationTests {
    private func ask(
        _ bench: Bench,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String? = nil,
        host: String = "127.0.0.1"
    ) async throws -> Bench.Answer {
        Bench.Answer(
            response: try await bench.http.send(
                HTTPRequest(
                    method,
                    "http://\(host):\(bench.emulator.endpoints.adminPort)\(path)",
                    body: body.map { SensitiveBytes(copying: Array($0.utf8)) },
                    usesProxy: false
                )
            )
        )
    }

    @Test("a certificate is made, rotated, disabled, deleted and recovered")
    func certificate() async throws {
        try await Bench.run { bench in
            let made = try await ask(
                bench,
                .put,
                "/vaults/kv/certificates/web",
                "{\"dnsNames\":[\"a.example\"],\"key\":\"p-256\"}"
            )
            #expect(made.json?["version"]?.string?.count == 32)
            let base = "/vaults/kv/objects/web"
            let steps: [(HTTPRequest.Method, String, Int)] = [
                (.post, "/vaults/kv/certificates/web/rotate", 200), (.post, base + "/disable", 204),
                (.delete, base, 204), (.post, base + "/recover", 204),
            ]
            for (method, path, status) in steps {
                #expect(try await ask(bench, method, path).status == status)
            }
            let shown = try await ask(bench, .get, base).json
            #expect(
                shown?["versions"]?.array?.map { $0["isEnabled"] } == [.bool(true), .bool(false)]
            )
            #expect(shown?["isDeleted"] == .bool(false))
        }
    }

    @Test("a fault is set, listed and cleared")
    func faults() async throws {
        try await Bench.run { bench in
            let fault = "{\"kind\":\"throttle\",\"vault\":\"KV\",\"count\":3}"
            #expect(try await ask(bench, .post, "/faults", fault).status == 204)
            let listed = try await ask(bench, .get, "/faults")
            #expect(listed.json?.array?.first?["vault"] == .string("kv"))
            #expect(try await bench.ask("/secrets?api-version=7.4").status == 429)
            #expect(try await ask(bench, .delete, "/faults").status == 204)
            #expect(try await bench.ask("/secrets?api-version=7.4").status == 200)
        }
    }

    @Test("who may do what in a vault is set and shown, what is left out being open")
    func access() async throws {
        try await Bench.run { bench in
            let path = "/vaults/kv/access"
            let set = try await ask(bench, .put, path, #"{"model":"policies"}"#)
            #expect(set.status == 204)
            #expect(try await ask(bench, .get, path).json?["model"] == .string("policies"))
            #expect(
                try await bench.ask("/secrets?api-version=7.4").innerCode == "ForbiddenByPolicy"
            )
            #expect(try await ask(bench, .put, path, "{}").status == 204)
            #expect(try await bench.ask("/secrets?api-version=7.4").status == 200)
            let nonsense = #"{"limit":{"requests":0}}"#
            #expect(try await ask(bench, .put, path, nonsense).status == 400)
        }
    }

    @Test(
        "what is wrong with a request is said",
        arguments: [
            ("/vaults/kv/certificates/none/rotate", "{}", "rotate certificate none: not found"),
            ("/faults", "{\"kind\":\"nothing\"}", "read the request's body"),
            ("/nowhere", "", "POST /nowhere: no such operation"),
        ]
    )
    func refusals(_ path: String, _ body: String, _ error: String) async throws {
        try await Bench.run { bench in
            let answer = try await ask(bench, .post, path, body)
            #expect(answer.status == 400 || answer.status == 404)
            #expect(answer.json?["error"]?.string?.hasPrefix(error) == true)
        }
    }

    @Test("a name that only resolves to loopback is refused")
    func rebinding() async throws {
        try await Bench.run { bench in
            let answer = try await ask(bench, .get, "/faults", host: "evil.localhost")
            #expect(answer.status == 403)
        }
    }

    @Test("a request to shut down is heard by the emulator's owner")
    func shutdown() async throws {
        try await Bench.run { bench in
            let answer = try await ask(bench, .post, "/shutdown")
            #expect(answer.status == 204)
            await bench.emulator.waitForShutdownRequest()
        }
    }

    @Test("what the settings need to know of the emulator is told")
    func endpoints() async throws {
        try await Bench.run { bench in
            let told = try await ask(bench, .get, "/endpoints").json
            #expect(told?["vaultPort"] == .integer(bench.emulator.endpoints.vaultPort))
            let port = bench.emulator.endpoints.vaultPort
            #expect(bench.emulator.endpoints.vaultURL("kv") == "https://kv.vault.localhost:\(port)")
            #expect(bench.emulator.endpoints.cloudSettings.vaultSuffix == "vault.localhost")
        }
    }
}
