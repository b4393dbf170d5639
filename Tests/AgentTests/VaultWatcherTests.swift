import AzureIdentity
import HTTP
import KeyVault
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("What is asked of a vault", .timeLimit(.minutes(15)))
struct VaultWatcherTests {
    @Test("An identity without a role for certificates asks for them again after a day")
    func refusalIsForgotten() async throws {
        try await withWatch { watch in
            try await watch.create("web")
            await watch.emulator.setFault(Fault(.denyCertificates))
            let url = try watch.url("web")
            let start = ContinuousClock.now
            func poll(after hours: Int) async throws -> [String: Int] {
                try await watch.requests(for: url, at: start + .seconds(hours * 3600))
            }
            #expect(try await poll(after: 0) == ["certificate": 1, "secret": 1])
            #expect(try await poll(after: 1) == ["secret": 1])
            await watch.emulator.clearFaults()
            #expect(try await poll(after: 23) == ["secret": 1])
            #expect(try await poll(after: 24) == ["certificate": 1])
            #expect(try await poll(after: 25) == ["certificate": 1])
        }
    }

    @Test("A secret that is no certificate is looked for among certificates once a day")
    func plainSecret() async throws {
        try await withWatch { watch in
            try await watch.emulator.putSecret(vault: "kv", name: "word", value: "x")
            let url = try watch.url("word")
            let start = ContinuousClock.now
            func poll(after hours: Int) async throws -> [String: Int] {
                try await watch.requests(for: url, at: start + .seconds(hours * 3600))
            }
            #expect(try await poll(after: 0) == ["certificate": 1, "secret": 1])
            #expect(try await poll(after: 23) == ["secret": 1])
            #expect(try await poll(after: 24) == ["certificate": 1, "secret": 1])
            #expect(try await poll(after: 47) == ["secret": 1])
        }
    }

    @Test("One certificate finds out for all of them that the identity may read none")
    func scout() async throws {
        try await withWatch { watch in
            let names = (1...20).map { "c\($0)" }
            for name in names { try await watch.create(name) }
            await watch.emulator.setFault(Fault(.denyCertificates))
            let requests = try await watch.requests { try await watch.poll(names) }
            #expect(requests == ["certificate": 1, "secret": 20])
        }
    }
}
