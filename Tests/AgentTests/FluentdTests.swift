import Foundation
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("Forwarding the log")
struct FluentdTests {
    /// Says nothing: what the forwarder tells of itself is not the matter here.
    private var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// Runs a forwarder and gives a logger that leads to it.
    private func withForwarder(
        to endpoint: String,
        mostWaiting: Int = 100,
        _ body: (Logger) async throws -> Void
    ) async throws {
        let forwarder = FluentdForwarder(
            try #require(FluentdEndpoint(endpoint)),
            tag: "akvvm_service",
            mostWaiting: mostWaiting,
            local: silent
        )
        let logger = Logger(label: "test") { _ in FluentdLogHandler(forwarder, level: .info) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await forwarder.run() }
            try await body(logger)
            group.cancelAll()
        }
    }

    /// Waits for so many messages.
    private func messages(_ count: Int, at collector: Collector) async -> [Collector.Message] {
        var messages: [Collector.Message] = []
        _ = await waitUntil {
            messages += collector.messages()
            return messages.count >= count
        }
        return messages
    }

    @Test("A collector on TCP gets tag, time and record of each message, in order")
    func tcp() async throws {
        let collector = try Collector()
        try await withForwarder(to: collector.endpoint) { logger in
            let long = String(repeating: "x", count: 70_000)
            logger.notice("certificate deployed", metadata: ["certificate": "web"])
            logger.error("poll failed", metadata: ["error": "\(long)", "hint": ""])
            logger.debug("not this one")
            let found = await messages(2, at: collector)
            #expect(found.map(\.tag) == ["akvvm_service", "akvvm_service"])
            let first = try #require(found.first)
            #expect(
                first.record == [
                    "certificate": "web", "level": "notice", "message": "certificate deployed",
                    "id": NotableMessage.deployed.id,
                ]
            )
            #expect(abs(Double(first.time) - Date().timeIntervalSince1970) < 3600)
            #expect(found.last?.record["error"]?.count == ForwardMessage.longestValue)
            #expect(found.last?.record["hint"] == nil)
        }
    }

    @Test("A collector in the file system is reached too")
    func unix() async throws {
        try await withTemporaryDirectory { directory in
            let collector = try Collector(at: directory.appending("fluent.socket"))
            try await withForwarder(to: collector.endpoint) { logger in
                logger.info("pass done")
                #expect(await messages(1, at: collector).first?.record["message"] == "pass done")
            }
        }
    }

    @Test("A collector that was away gets what waited, and is told how much was dropped")
    func away() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("fluent.socket")
            try await withForwarder(to: "unix://\(path)", mostWaiting: 2) { logger in
                for number in 0..<50 { logger.info("message", metadata: ["number": "\(number)"]) }
                let collector = try Collector(at: path)
                var found: [Collector.Message] = []
                _ = await waitUntil {
                    found += collector.messages()
                    return found.contains {
                        $0.record["message"] == "log messages were not forwarded"
                    }
                }
                let report = try #require(
                    found.first { $0.record["message"] == "log messages were not forwarded" }
                )
                let arrived = found + collector.messages()
                let lost = try #require(report.record["count"].flatMap { Int($0) })
                // One may be under way beside those that wait.
                #expect((47...48).contains(lost), "\(arrived)")
                #expect(arrived.first { $0 != report }?.record["number"] == "0")
            }
        }
    }

    @Test("A connection that the collector closed is made again, with no message lost")
    func reconnects() async throws {
        let collector = try Collector()
        try await withForwarder(to: collector.endpoint) { logger in
            logger.info("one")
            #expect(await messages(1, at: collector).count == 1)
            collector.disconnect()
            logger.info("two")
            #expect(await messages(1, at: collector).map { $0.record["message"] } == ["two"])
        }
    }

    @Test(
        "An endpoint is tcp://HOST:PORT or unix:///PATH",
        arguments: [
            ("tcp://localhost:24224", .tcp(host: "localhost", port: 24224)),
            ("tcp://[::1]:5170", .tcp(host: "::1", port: 5170)),
            (
                "unix:///var/run/azuremonitoragent/1/default_fluent.socket",
                .unix(path: "/var/run/azuremonitoragent/1/default_fluent.socket")
            ),
            ("localhost:24224", nil), ("tcp://localhost", nil), ("tcp://localhost:0", nil),
            ("tcp://:24224", nil), ("tcp://a/b:1", nil), ("unix://relative", nil),
            ("http://localhost:24224", nil),
        ] as [(String, FluentdEndpoint?)]
    )
    func endpoints(text: String, endpoint: FluentdEndpoint?) {
        #expect(FluentdEndpoint(text) == endpoint)
        if let endpoint { #expect(endpoint.description == text) }
    }

    @Test(
        "Numbers and lengths are packed in the shortest form",
        arguments: [
            (0, [0x00]), (127, [0x7F]), (128, [0xCC, 0x80]), (256, [0xCD, 1, 0]),
            (65_536, [0xCE, 0, 1, 0, 0]), (4_294_967_296, [0xCF, 0, 0, 0, 1, 0, 0, 0, 0]),
        ] as [(UInt64, [UInt8])]
    )
    func numbers(number: UInt64, bytes: [UInt8]) {
        var encoder = MessagePack()
        encoder.number(number)
        #expect(encoder.bytes == bytes)
    }

    @Test(
        "Text is packed with its length in bytes",
        arguments: [
            (31, [0xBF]), (32, [0xD9, 32]), (256, [0xDA, 1, 0]), (65_536, [0xDB, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])]
    )
    func texts(length: Int, head: [UInt8]) {
        var encoder = MessagePack()
        encoder.text(String(repeating: "x", count: length))
        #expect(encoder.bytes.prefix(head.count) == head[...])
        #expect(encoder.bytes.count == head.count + length)
    }
}
