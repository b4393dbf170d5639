import Glibc
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("Signs of life")
struct HeartbeatTests {
    private func withManager(
        watchdog: Duration?,
        _ body: (Heartbeat, DatagramListener) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("notify")
            let manager = try DatagramListener(at: path)
            let notifier = ServiceNotifier(socket: path.string, watchdog: watchdog)
            try await body(Heartbeat(notifier), manager)
        }
    }

    @Test(
        "The watchdog's limit is taken from the environment only when it is for this process",
        arguments: [
            ("20000000", nil, Duration.seconds(20)), ("20000000", "7", .seconds(20)),
            ("20000000", "8", nil), ("0", "7", nil), ("soon", "7", nil), (nil, "7", nil),
        ] as [(String?, String?, Duration?)]
    )
    func environment(microseconds: String?, process: String?, limit: Duration?) {
        let found = ServiceNotifier.watchdog(
            microseconds: microseconds,
            process: process,
            ownProcess: 7
        )
        #expect(found == limit)
    }

    @Test("Without a watchdog nothing asks for a wake-up, and no sign of life is sent")
    func unwatched() async throws {
        try await withManager(watchdog: nil) { heartbeat, manager in
            #expect(heartbeat.period == nil)
            heartbeat.enter(.running)
            heartbeat.beat()
            await heartbeat.vouching(for: .seconds(10), isChange: true) {}
            #expect(manager.texts() == ["READY=1"])
        }
    }

    @Test("Each step is a sign of life, and the loop is woken twice in the watchdog's limit")
    func steps() async throws {
        try await withManager(watchdog: .seconds(20)) { heartbeat, manager in
            #expect(heartbeat.period == .seconds(10))
            heartbeat.beat()
            heartbeat.beat()
            #expect(manager.texts() == ["WATCHDOG=1", "WATCHDOG=1"])
        }
    }

    @Test("A long step is vouched for while it may take so long", .timeLimit(.minutes(15)))
    func longStep() async throws {
        try await withManager(watchdog: .milliseconds(10)) { heartbeat, manager in
            var signs = 0
            await heartbeat.vouching(for: .seconds(600), isChange: false) {
                while signs < 5 {
                    signs += manager.texts().count
                    await Task.yield()
                }
            }
            #expect(signs >= 5)
        }
    }

    @Test("A step that takes too long falls silent by itself", .timeLimit(.minutes(15)))
    func stuck() async throws {
        try await withManager(watchdog: .milliseconds(10)) { heartbeat, manager in
            await heartbeat.vouching(for: .milliseconds(50), isChange: false) {
                // The step is still under way when this returns.
                await heartbeat.vouch(every: .milliseconds(1))
                _ = manager.texts()
                await heartbeat.vouch(every: .milliseconds(1))
                #expect(manager.texts().isEmpty)
            }
        }
    }

    @Test("While the unit starts, a change asks for the time that it may take")
    func extendsStart() async throws {
        try await withManager(watchdog: nil) { heartbeat, manager in
            await heartbeat.vouching(for: .seconds(900), isChange: false) {}
            await heartbeat.vouching(for: .seconds(45), isChange: true) {}
            #expect(manager.texts() == ["EXTEND_TIMEOUT_USEC=45000000"])
        }
    }

    @Test("A stop during a change says so at once and asks for the rest of its time")
    func extendsStop() async throws {
        try await withManager(watchdog: nil) { heartbeat, manager in
            heartbeat.enter(.running)
            await heartbeat.vouching(for: .seconds(45), isChange: true) {
                heartbeat.enter(.stopping)
            }
            let told = manager.texts()
            #expect(told.prefix(2) == ["READY=1", "STOPPING=1"])
            let time = told.last?.split(separator: "=").last.flatMap { Int($0) }
            #expect(told.last?.hasPrefix("EXTEND_TIMEOUT_USEC=") == true)
            #expect((1...45_000_000).contains(time ?? 0))
        }
    }

    @Test("A status is one line whatever is in it, and an abstract socket is reached too")
    func status() async throws {
        try await withManager(watchdog: nil) { _, _ in
            // Nobody listens there: that must be no error.
            ServiceNotifier(socket: "@kvagent-test-\(getpid())").status("a")
        }
        try withTemporaryDirectory { directory in
            let manager = try DatagramListener(at: directory.appending("notify"))
            ServiceNotifier(socket: directory.appending("notify").string).status("a\nREADY=1")
            #expect(manager.texts() == ["STATUS=a READY=1"])
        }
    }
}
