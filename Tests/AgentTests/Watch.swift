import AzureIdentity
import Foundation
import HTTP
import KeyVault
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@testable import Agent

/// An emulated vault `kv`, and a watcher that asks it as the machine's identity.
struct Watch: Sendable {
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

    /// How many requests of each kind one poll of one certificate makes.
    func requests(
        for url: SecretURL,
        at now: ContinuousClock.Instant
    ) async throws -> [String: Int] {
        try await requests { _ = try await watcher.newest(url, as: credential, now: now) }
    }
}

extension Watch {
    /// A watcher that knows nothing of the vault yet.
    init(_ emulator: Emulator) throws {
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
        self.init(
            emulator: emulator,
            watcher: VaultWatcher(
                http: http,
                tokens: TokenCache(http: http),
                cloud: cloud,
                gates: VaultGates(.standard),
                splay: Splay(host: "test")
            ),
            credential: .managedIdentity(
                try IdentityEndpoint(setting: endpoints.identityEndpoint),
                .system
            ),
            cloud: cloud
        )
    }

    /// One poll of certificates as a pass makes it; the versions by name.
    @discardableResult
    func poll(
        _ names: [String],
        at now: ContinuousClock.Instant = .now
    ) async throws -> [String: String] {
        var rest = names[...]
        var versions: [String: String] = [:]
        let urls = try names.map { try url($0) }
        if await watcher.prepare(urls, as: credential, now: now), let scout = rest.popFirst() {
            versions[scout] = try await watcher.newest(url(scout), as: credential, now: now).version
        }
        try await withThrowingTaskGroup(of: (String, String).self) { group in
            for name in rest {
                let url = try url(name)
                group.addTask {
                    (name, try await watcher.newest(url, as: credential, now: now).version)
                }
            }
            for try await (name, version) in group { versions[name] = version }
        }
        return versions
    }
}

/// Runs a test with an emulated vault of its own, in which certificates `c1` to `c<count>` are.
func withWatch(_ count: Int = 0, _ body: (Watch) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
        let state = directory.appending("vault")
        if count > 0 {
            try await runEmulator(state) { try await $0.create("c1") }
            try multiply(in: state.appending("vaults/kv.json"), count)
        }
        try await runEmulator(state, body)
    }
}

private func runEmulator(_ state: FilePath, _ body: (Watch) async throws -> Void) async throws {
    let emulator = try await Emulator.start(EmulatorConfiguration(stateDirectory: state.string))
    do {
        try await body(Watch(emulator))
    } catch {
        await emulator.stop()
        throw error
    }
    await emulator.stop()
}

/// Gives the certificate `c1` so many names: a thousand that were issued one by one would take
/// longer than all that is done with them.
private func multiply(in file: FilePath, _ count: Int) throws {
    let data = Data(try readFile(file))
    let vault = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let objects = try #require(vault["objects"] as? [String: [String: Any]])
    var object = try #require(objects["c1"])
    var copies: [String: Any] = [:]
    for number in 1...count {
        object["name"] = "c\(number)"
        copies["c\(number)"] = object
    }
    let bytes = try JSONSerialization.data(withJSONObject: ["objects": copies])
    try writeFile(file, String(decoding: bytes, as: UTF8.self))
}
