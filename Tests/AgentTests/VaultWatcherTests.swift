import AzureIdentity
import HTTP
import KeyVault
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("What is asked of a vault", .timeLimit(.minutes(2)))
struct VaultWatcherTests {
    /// An emulated vault `kv`, and a watcher that asks it as the machine's identity.
    struct Watch {
        let emulator: Emulator
        let watcher: VaultWatcher
        let credential: Credential
        let cloud: Cloud

        func url(_ name: String) throws -> SecretURL {
            try SecretURL(emulator.endpoints.secretURL("kv", name), in: cloud)
        }

        @discardableResult
        func create(_ name: String) async throws -> String {
            let options = CertificateOptions(dnsNames: ["\(name).example"], key: .p256)
            return try await emulator.createCertificate(vault: "kv", name: name, options)
        }

        /// How many requests of each kind `body` makes.
        func requests(_ body: () async throws -> Void) async throws -> [String: Int] {
            await emulator.resetStatistics()
            try await body()
            return await emulator.statistics().requests.filter { $0.key != "identity" }
        }
    }

    private func withWatch(_ body: (Watch) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let emulator = try await Emulator.start(
                EmulatorConfiguration(stateDirectory: directory.appending("vault").string)
            )
            let endpoints = emulator.endpoints
            let settings = endpoints.cloudSettings
            let cloud = Cloud(
                name: "local",
                vaultSuffix: settings.vaultSuffix,
                audience: settings.audience,
                authorityHost: settings.authorityHost,
                caBundle: settings.caBundle
            )
            let http = HTTPClient(caBundle: settings.caBundle)
            let watch = Watch(
                emulator: emulator,
                watcher: VaultWatcher(
                    http: http,
                    tokens: TokenCache(http: http),
                    cloud: cloud,
                    gates: VaultGates(.standard)
                ),
                credential: .managedIdentity(
                    try IdentityEndpoint(setting: endpoints.identityEndpoint),
                    .system
                ),
                cloud: cloud
            )
            do {
                try await body(watch)
            } catch {
                await emulator.stop()
                throw error
            }
            await emulator.stop()
        }
    }

    @Test("An identity without a role for certificates asks for them again after a day")
    func refusalIsForgotten() async throws {
        try await withWatch { watch in
            try await watch.create("web")
            await watch.emulator.setFault(Fault(.denyCertificates))
            let url = try watch.url("web")
            let start = ContinuousClock.now
            func poll(after hours: Int) async throws -> [String: Int] {
                try await watch.requests {
                    _ = try await watch.watcher.newest(
                        url,
                        as: watch.credential,
                        now: start + .seconds(hours * 3600)
                    )
                }
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
                try await watch.requests {
                    _ = try await watch.watcher.newest(
                        url,
                        as: watch.credential,
                        now: start + .seconds(hours * 3600)
                    )
                }
            }
            #expect(try await poll(after: 0) == ["certificate": 1, "secret": 1])
            #expect(try await poll(after: 23) == ["secret": 1])
            #expect(try await poll(after: 24) == ["certificate": 1, "secret": 1])
            #expect(try await poll(after: 47) == ["secret": 1])
        }
    }
}
