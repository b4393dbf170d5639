import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

/// The built kvagent and a vault that means it no good, behind real TLS.
@Suite("Vaults that mean no good", .timeLimit(.minutes(15)))
struct HostileVaultTests {
    private static let token = "eyJhunter2"

    /// What came of `kvagent sync`.
    private struct Outcome {
        let result: CommandResult
        /// Of the process, in bytes.
        let peakMemory: Int
        /// What the vault was asked, and the identity endpoint.
        let vault: [ReceivedRequest]
        let identity: [ReceivedRequest]
    }

    /// How the vault's TLS is set up.
    private struct Door {
        var names = ["DNS:*.vault.localhost"]
        var isExpired = false
        var protocols = "TLSv1.2 TLSv1.3"
        var isKnown = true
    }

    /// Runs `kvagent sync` once against a vault of which `script` decides every byte.
    private func sync(
        _ door: Door = Door(),
        script: @escaping @Sendable (ScriptedConnection) -> Void
    ) async throws -> Outcome {
        let backend = try ScriptedServer(script: script)
        let identity = try ScriptedServer(answers: [
            ScriptedAnswer(200, #"{"access_token":"\#(Self.token)","expires_in":"3600"}"#)
        ])
        let nginx = try Nginx(
            locations: """
                location / {
                    proxy_pass http://127.0.0.1:\(backend.port);
                    proxy_buffering off;
                }
                """,
            names: door.names,
            isExpired: door.isExpired,
            protocols: door.protocols
        )
        return try await withTemporaryDirectory { directory in
            let settings = directory.appending("kvagent.yaml")
            try writeFile(
                settings,
                """
                secretsManagementSettings:
                  observedCertificates:
                    - {url: "https://kv.vault.localhost:\(nginx.port)/secrets/web", name: web}
                authenticationSettings:
                  msiEndpoint: http://127.0.0.1:\(identity.port)/metadata/identity
                cloud:
                  vaultSuffix: vault.localhost
                  audience: https://vault.localhost:\(nginx.port)
                  authorityHost: https://login.localhost
                  \(door.isKnown ? "caBundle: \(nginx.caBundle)" : "")
                stateDirectory: \(directory.appending("state"))
                hooks: {directory: \(directory.appending("hooks.d"))}
                """
            )
            let result = try await runCommand([
                "python3", "-c", Self.measure, TestBed.kvagent, "sync", "--config",
                settings.string,
            ])
            let shown = result.output + result.errors
            #expect(!shown.contains("hunter2"))
            #expect(facts(of: directory.appending("state/certs/web/current")) == nil)
            let lines = result.output.split(separator: "\n")
            return Outcome(
                result: result,
                peakMemory: try #require(lines.last.flatMap { Int($0) }) << 10,
                vault: backend.requests,
                identity: identity.requests
            )
        }
    }

    /// Runs a program and prints the peak of its resident memory in KiB, as wait4(2) has it.
    private static let measure = """
        import resource, subprocess, sys
        code = subprocess.call(sys.argv[1:])
        print()
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        sys.exit(code)
        """

    @Test(
        "A body of 1 GB takes neither its memory nor its time",
        arguments: ["Content-Length: \(1 << 30)", "Transfer-Encoding: chunked"]
    )
    func gigabyte(head: String) async throws {
        let outcome = try await sync { connection in
            guard connection.nextRequest() != nil else { return }
            let chunk = "10000\r\n" + String(repeating: "x", count: 0x10000) + "\r\n"
            connection.send("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(head)\r\n\r\n")
            var rest = (1 << 30) / 0x10000
            while rest > 0, connection.send(chunk) { rest -= 1 }
        }
        #expect(outcome.result.status == 1)
        #expect(outcome.result.output.contains("body exceeds 262144 bytes"))
        #expect(outcome.peakMemory < 100 << 20, "\(outcome.peakMemory) bytes")
    }

    @Test("A packed body is refused by its head, before anything could unpack")
    func packed() async throws {
        let outcome = try await sync { connection in
            guard connection.nextRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
            // As gzip begins. Whoever read on would wait for ever.
            connection.send([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3])
            connection.waitForEnd()
        }
        #expect(outcome.result.status == 1)
        #expect(outcome.result.output.contains("Content-Encoding is gzip"))
        #expect(outcome.peakMemory < 100 << 20, "\(outcome.peakMemory) bytes")
    }

    @Test("A hundred thousand levels of JSON end no process")
    func deepJSON() async throws {
        let outcome = try await sync { connection in
            guard connection.nextRequest() != nil else { return }
            let body =
                #"{"id":"#
                + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
                + "}"
            connection.send(
                ScriptedAnswer(200, body, fields: ["Content-Type": "application/json"]).bytes
            )
        }
        #expect(outcome.result.status == 1)
        #expect(outcome.result.output.contains("its JSON is not what a vault answers"))
    }

    @Test("Neither a redirect nor a challenge leads a token elsewhere", arguments: [302, 308, 401])
    func elsewhere(status: Int) async throws {
        let elsewhere = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let target = "http://127.0.0.1:\(elsewhere.port)"
        let outcome = try await sync { connection in
            guard connection.nextRequest() != nil else { return }
            let challenge =
                "Bearer authorization=\"\(target)/t\", resource=\"https://management.azure.com\""
            connection.send(
                ScriptedAnswer(
                    status,
                    fields: ["Location": "\(target)/x", "WWW-Authenticate": challenge]
                ).bytes
            )
        }
        #expect(outcome.result.status == (status == 401 ? 77 : 1))
        #expect(outcome.result.output.contains("\(status) "))
        #expect(elsewhere.requests.isEmpty)
        #expect(!outcome.identity.isEmpty)
        for request in outcome.identity {
            #expect(request.target.contains("resource=https%3A%2F%2Fvault.localhost%3A"))
        }
    }

    @Test(
        "Who is not the vault by TLS gets no token",
        arguments: [
            ("another name", "no alternative certificate subject name"),
            ("expired", "certificate has expired"),
            ("unknown", "unable to get local issuer certificate"),
            ("old", "agree on TLS"),
        ]
    )
    func impostor(kind: String, words: String) async throws {
        var door = Door()
        switch kind {
        case "another name": door.names = ["DNS:*.other.localhost"]
        case "expired": door.isExpired = true
        case "unknown": door.isKnown = false
        default: door.protocols = "TLSv1"
        }
        let outcome = try await sync(door) { _ in }
        #expect(outcome.result.status == 69)
        #expect(outcome.result.output.contains(words), "\(outcome.result.output)")
        #expect(outcome.vault.isEmpty)
    }
}
