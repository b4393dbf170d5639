import HTTP
import Testing

@testable import KeyVaultEmulator

@Suite("What an emulator counts")
struct StatisticsTests {
    @Test("requests are counted by their kind, and go over one HTTP/2 connection")
    func counts() async throws {
        try await Bench.run { bench in
            let version = try await bench.emulator.createCertificate(
                vault: "kv",
                name: "web",
                .quick
            )
            let token = try await bench.token()
            for path in [
                "/certificates/web", "/certificates/web", "/secrets/web/\(version)", "/secrets",
                "/certificates/web/versions",
            ] {
                let answer = try await bench.ask(path + "?api-version=7.4", bearer: .this(token))
                #expect(answer.response.httpVersion == "2")
            }
            let statistics = await bench.emulator.statistics()
            #expect(statistics.count(.certificate) == 2)
            #expect(statistics.count(.secretVersion) == 1)
            #expect(statistics.count(.secrets) == 1)
            #expect(statistics.count(.certificateVersions) == 1)
            #expect(statistics.count(.identity) == 1)
            #expect(statistics.tokens == 1)
            #expect(statistics.connections == 1)
            #expect(statistics.log.map(\.httpVersion) == ["1.1", "2", "2", "2", "2", "2"])
            // Each answer is a few hundred bytes, the TLS handshake beside them.
            #expect((500...50_000).contains(statistics.bytesReceived))
            #expect((2_000...100_000).contains(statistics.bytesSent))
            await bench.emulator.resetStatistics()
            var nothing = await bench.emulator.statistics()
            // HTTP/2 acknowledges when it likes.
            nothing.bytesReceived = 0
            nothing.bytesSent = 0
            #expect(nothing == EmulatorStatistics())
        }
    }

    @Test("a connection lasts for more answers than a server takes resets")
    func manyRequests() async throws {
        try await Bench.run { bench in
            let token = try await bench.token()
            for _ in 0..<250 {
                let answer = try await bench.ask("/secrets?api-version=7.4", bearer: .this(token))
                #expect(answer.status == 200)
            }
            #expect(await bench.emulator.statistics().connections == 1)
        }
    }

    @Test("a test can wait for the requests that it expects")
    func wait() async throws {
        try await Bench.run { bench in
            let token = try await bench.token()
            async let waiting: Void = bench.emulator.waitForRequests(.secrets, count: 2)
            for _ in 0..<2 {
                _ = try await bench.ask("/secrets?api-version=7.4", bearer: .this(token))
            }
            try await waiting
            await #expect(throws: EmulatorError.self) {
                try await bench.emulator.waitForRequests(
                    .secrets,
                    count: 3,
                    within: .milliseconds(20)
                )
            }
        }
    }
}
