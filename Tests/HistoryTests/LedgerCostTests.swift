import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import History

/// What is measured on request only: KVAGENT_LEDGER names a history that may be written to, such as
/// a copy of one that `make bench BENCH="--only history"` leaves in .build/bench.
@Suite("What a long ledger costs", .enabled(if: ledgerToMeasure != nil))
struct LedgerCostTests {
    @Test("Recording a deployment, with a hook that is owed, run and settled")
    func recording() throws {
        let path = try #require(ledgerToMeasure)
        let clock = ContinuousClock()
        var history: History?
        let opening = try clock.measure { history = try History.open(at: path) }
        print("opening: \(opening)")
        let opened = try #require(history)
        let now = Date()
        let times = try (0..<200).map { number in
            try clock.measure { try Self.record(number, of: "c0500", in: opened, now) }
        }
        .sorted()
        print("one deployment: median \(times[100]), fastest \(times[0]), slowest \(times[199])")
        let statement = try clock.measure {
            _ = try opened.removeRows(before: Date(timeIntervalSince1970: 0), at: now)
        }
        print("looking for old rows where there are none: \(statement)")
    }

    /// Six transactions, as a pass makes them.
    private static func record(
        _ number: Int,
        of certificate: String,
        in history: History,
        _ now: Date
    ) throws {
        let id = String(UInt64.random(in: 0 ... .max), radix: 16)
        let version = String(repeating: "f", count: 32 - id.count) + id
        try history.record(.sample(version, of: certificate, at: now))
        let deployment = try history.begin(.sample(version, of: certificate, at: now))
        let hook = OwedHook(
            certificate: certificate,
            version: version,
            phase: "reload",
            hook: "reload/50-nginx",
            since: now
        )
        try history.owe(hook)
        try history.record(.sample(), of: deployment)
        try history.finish(deployment, as: .deployed, reason: nil, error: nil, at: now)
        try history.settle(hook)
    }
}

private let ledgerToMeasure = ProcessInfo.processInfo.environment["KVAGENT_LEDGER"]
