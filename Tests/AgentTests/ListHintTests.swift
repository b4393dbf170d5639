import Foundation
import KeyVault
import KeyVaultEmulator
import TestSupport
import Testing

@testable import Agent

@Suite("A vault's list as a hint", .timeLimit(.minutes(15)))
struct ListHintTests {
    private let start = ContinuousClock.now

    private func names(_ count: Int) -> [String] { (1...count).map { "c\($0)" } }

    private func hour(_ hours: Int) -> ContinuousClock.Instant { start + .seconds(hours * 3600) }

    @Test("One page stands for the polls of certificates that have not changed")
    func unchanged() async throws {
        try await withWatch(20) { watch in
            let names = names(20)
            let first = try await watch.poll(names, at: hour(0))
            var singles = 0
            for poll in 1...24 {
                let requests = try await watch.requests {
                    let seen = try await watch.poll(names, at: hour(poll))
                    #expect(seen == first)
                }
                #expect(requests["certificates"] == 1 && requests["secret"] == nil)
                singles += requests["certificate"] ?? 0
            }
            // Each of them once, and that not all in the same pass.
            #expect((20...22).contains(singles), "\(singles)")
        }
    }

    @Test(
        "A rotation is seen by the next poll, whatever the pages look like",
        arguments: EmulatorBehaviour.Pages.allCases
    )
    func rotation(pages: EmulatorBehaviour.Pages) async throws {
        try await withWatch(30) { watch in
            var behaviour = EmulatorBehaviour()
            behaviour.pages = pages
            await watch.emulator.setBehaviour(behaviour)
            let names = names(30)
            var versions = try await watch.poll(names, at: hour(0))
            versions["c7"] = try await watch.emulator.rotate(vault: "kv", name: "c7")
            let requests = try await watch.requests {
                let seen = try await watch.poll(names, at: hour(1))
                #expect(seen == versions)
            }
            #expect(requests["certificates"] ?? 0 >= 2)
            #expect(requests["certificate"] ?? 30 < 15)
        }
    }

    @Test("What is disabled or gone is asked for singly, and told as always")
    func disabledAndGone() async throws {
        try await withWatch(10) { watch in
            let names = names(10)
            try await watch.poll(names, at: hour(0))
            try await watch.emulator.setEnabled(false, vault: "kv", name: "c1")
            try await watch.emulator.delete(vault: "kv", name: "c2")
            let urls = try names.map { try watch.url($0) }
            _ = await watch.watcher.prepare(urls, as: watch.credential, now: hour(1))
            for (name, kind) in [("c1", VaultError.Kind.disabled), ("c2", .notFound)] {
                let error = await #expect(throws: VaultError.self) {
                    _ = try await watch.watcher.newest(
                        watch.url(name),
                        as: watch.credential,
                        now: hour(1)
                    )
                }
                #expect(error?.kind == kind)
            }
        }
    }

    @Test("A list that may not be read is asked for once a day")
    func refusedList() async throws {
        try await withWatch(10) { watch in
            let names = names(10)
            await watch.emulator.setFault(Fault(.denyCertificateList))
            try await watch.poll(names, at: hour(0))
            for (poll, lists) in [(1, 1), (2, 0), (24, 0), (25, 1), (26, 0)] {
                let requests = try await watch.requests {
                    try await watch.poll(names, at: hour(poll))
                }
                #expect(requests["certificates"] ?? 0 == lists && requests["certificate"] == 10)
            }
        }
    }

    @Test("A vault whose list is longer than it is worth is looked at in part once a day")
    func longList() async throws {
        try await withWatch(150) { watch in
            let names = names(150)
            // Six pages for ten certificates, of which two pages at most would be worth it.
            let few = Array(names.prefix(5))
            try await watch.poll(few, at: hour(0))
            for (poll, pages) in [(1, 2), (2, 0), (3, 0)] {
                let requests = try await watch.requests {
                    try await watch.poll(few, at: hour(poll))
                }
                #expect(requests["certificates"] ?? 0 <= pages)
            }
        }
    }

    @Test("A single certificate is never looked for in a list")
    func single() async throws {
        try await withWatch { watch in
            try await watch.create("web")
            for poll in 0...30 {
                let requests = try await watch.requests {
                    try await watch.poll(["web"], at: hour(poll))
                }
                #expect(requests == ["certificate": 1])
            }
        }
    }

    /// What the vault answers an identity.
    enum Permission: String, CaseIterable, Sendable {
        case certificatesAndList, certificates, secrets

        var fault: Fault? {
            switch self {
            case .certificatesAndList: nil
            case .certificates: Fault(.denyCertificateList)
            case .secrets: Fault(.denyCertificates)
            }
        }
    }

    /// A row of the table in docs/polling.md: the first poll, and idle ones; those of a whole day
    /// where they are not all alike and can be waited for.
    struct Cost: Sendable, Equatable {
        let permission: Permission
        let count: Int
        let first: Int
        var polls = 24
        let idle: Int
    }

    static let costs = [
        Cost(permission: .certificatesAndList, count: 1, first: 1, idle: 24),
        Cost(permission: .certificatesAndList, count: 10, first: 10, idle: 34),
        Cost(permission: .certificatesAndList, count: 100, first: 100, idle: 196),
        Cost(permission: .certificatesAndList, count: 1000, first: 1000, idle: 1960),
        Cost(permission: .certificates, count: 1, first: 1, idle: 24),
        Cost(permission: .certificates, count: 10, first: 10, idle: 241),
        Cost(permission: .certificates, count: 100, first: 100, polls: 2, idle: 201),
        Cost(permission: .certificates, count: 1000, first: 1000, polls: 1, idle: 1001),
        Cost(permission: .secrets, count: 1, first: 2, idle: 25),
        Cost(permission: .secrets, count: 10, first: 11, idle: 241),
        Cost(permission: .secrets, count: 100, first: 101, polls: 2, idle: 200),
        Cost(permission: .secrets, count: 1000, first: 1001, polls: 1, idle: 1000),
    ]

    /// `KVAGENT_POLL_COSTS=all` counts for a thousand certificates, too, which takes minutes.
    private static let isThorough =
        ProcessInfo.processInfo.environment["KVAGENT_POLL_COSTS"] == "all"

    @Test(
        "Polls cost what docs/polling.md says",
        arguments: [1, 10, 100] + (isThorough ? [1000] : [])
    )
    func cost(count: Int) async throws {
        try await withWatch(count) { bed in
            let names = names(count)
            for cost in Self.costs where cost.count == count {
                await bed.emulator.clearFaults()
                if let fault = cost.permission.fault { await bed.emulator.setFault(fault) }
                var measured = try await measure(cost, names, bed.emulator)
                // The emulator in a busy process may not answer in time, and is asked again.
                for _ in 0..<3 where measured.first > cost.first || measured.idle > cost.idle {
                    measured = try await measure(cost, names, bed.emulator)
                }
                #expect(measured == cost)
            }
        }
    }

    private func measure(
        _ cost: Cost,
        _ names: [String],
        _ emulator: Emulator
    ) async throws -> Cost {
        let watch = try Watch(emulator)
        func total(_ polls: ClosedRange<Int>) async throws -> Int {
            let requests = try await watch.requests {
                for poll in polls { try await watch.poll(names, at: hour(poll)) }
            }
            return requests.values.reduce(0, +)
        }
        return Cost(
            permission: cost.permission,
            count: cost.count,
            first: try await total(0...0),
            polls: cost.polls,
            idle: try await total(1...cost.polls)
        )
    }
}
