import FoundationEssentials
import Glibc
import PKI
import Testing

@testable import KeyVaultEmulator

@Suite("What outlives an emulator")
struct PersistenceTests {
    /// A state folder for several emulators in turn.
    private func withFolder(_ body: (EmulatorConfiguration) async throws -> Void) async throws {
        let folder = "/tmp/kvagent-emulator-tests-\(UInt64.random(in: 0...UInt64.max))"
        defer {
            // A folder that stays is in nobody's way.
            try? FileManager.default.removeItem(atPath: folder)
        }
        try await body(EmulatorConfiguration(stateDirectory: folder))
    }

    @Test("versions, tokens and the authority are there after a restart")
    func restart() async throws {
        try await withFolder { configuration in
            var versions: [String] = []
            var token = ""
            var root = ""
            var secret = ""
            try await Bench.run(on: configuration) { bench in
                versions.append(
                    try await bench.emulator.createCertificate(vault: "kv", name: "web", .quick)
                )
                versions.append(try await bench.emulator.rotate(vault: "kv", name: "web"))
                try await bench.emulator.setEnabled(
                    false,
                    vault: "kv",
                    name: "web",
                    version: versions[0]
                )
                try await bench.emulator.putSecret(vault: "kv", name: "gone", value: "1")
                try await bench.emulator.delete(vault: "kv", name: "gone")
                token = try await bench.token()
                root = try String(
                    contentsOfFile: bench.emulator.endpoints.caFile,
                    encoding: .utf8
                )
                secret =
                    try await bench.ask("/secrets/web?api-version=7.4").json?["value"]?.string
                    ?? ""
            }
            try await Bench.run(on: configuration) { bench in
                #expect(
                    try String(contentsOfFile: bench.emulator.endpoints.caFile, encoding: .utf8)
                        == root
                )
                let answer = try await bench.ask(
                    "/secrets/web?api-version=7.4",
                    bearer: .this(token)
                )
                #expect(answer.json?["value"] == .string(secret))
                let described = try await bench.emulator.describe(vault: "kv", name: "web")
                #expect(described.versions.map(\.version) == versions)
                #expect(described.versions.map(\.isEnabled) == [false, true])
                #expect(try await bench.emulator.describe(vault: "kv", name: "gone").isDeleted)
                try await bench.emulator.rotate(vault: "kv", name: "web")
                #expect(try await bench.bundle("web").isChainComplete)
            }
        }
    }

    @Test("no file of the state can be read by others")
    func modes() async throws {
        try await withFolder { configuration in
            try await Bench.run(on: configuration) { bench in
                try await bench.emulator.createCertificate(vault: "kv", name: "web", .quick)
            }
            let root = configuration.stateDirectory
            let files = try FileManager.default.subpathsOfDirectory(atPath: root)
            #expect(files.contains("vaults/kv.json"))
            for file in files {
                var status = stat()
                #expect(unsafe stat("\(root)/\(file)", &status) == 0)
                #expect(status.st_mode & 0o077 == 0, "\(file)")
            }
        }
    }

    @Test("a write that was cut short leaves the old contents and goes away")
    func leftovers() async throws {
        try await withFolder { configuration in
            try await Bench.run(on: configuration) { bench in
                try await bench.emulator.putSecret(vault: "kv", name: "one", value: "1")
            }
            let leftover = configuration.stateDirectory + "/vaults/kv.json.new-1"
            try Data("{\"obj".utf8).write(to: URL(filePath: leftover))
            try await Bench.run(on: configuration) { bench in
                let answer = try await bench.ask("/secrets/one?api-version=7.4")
                #expect(answer.json?["value"] == .string("1"))
            }
            #expect(!FileManager.default.fileExists(atPath: leftover))
        }
    }

    @Test("a second emulator on the same folder is told so")
    func lock() async throws {
        try await withFolder { configuration in
            try await Bench.run(on: configuration) { _ in
                let error = await #expect(throws: EmulatorError.self) {
                    try await Emulator.start(configuration)
                }
                #expect(error?.description.contains("another emulator") == true)
            }
        }
    }

    @Test("a port that is taken is told with its number")
    func port() async throws {
        try await Bench.run { bench in
            try await withFolder { configuration in
                var configuration = configuration
                configuration.adminPort = bench.emulator.endpoints.adminPort
                let error = await #expect(throws: EmulatorError.self) {
                    try await Emulator.start(configuration)
                }
                #expect(
                    error?.description.hasPrefix("listen on 127.0.0.1:\(configuration.adminPort)")
                        == true
                )
            }
        }
    }

    @Test("a vault's name cannot lead out of the state folder")
    func names() async throws {
        try await Bench.run { bench in
            await #expect(throws: EmulatorError.self) {
                try await bench.emulator.putSecret(vault: "../x", name: "one", value: "1")
            }
        }
    }
}
