import Foundation
import KeyVaultEmulator
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// A machine of a test's own: an emulated vault, a directory for everything that kvagent writes,
/// and the built binary.
struct TestBed: Sendable {
    let directory: FilePath
    let emulator: Emulator

    var settingsFile: FilePath { directory.appending("kvagent.yaml") }
    var hooks: FilePath { directory.appending("hooks.d") }
    var state: FilePath { directory.appending("state") }
    var certs: FilePath { state.appending("certs") }
    var journal: FilePath { directory.appending("journal") }

    /// The vault that tests use unless they say otherwise.
    static let vault = "kv"

    /// Where the built programs lie: beside the test bundle, or in the directory that the
    /// environment's `KVAGENT_PROGRAMS` names.
    static let products =
        ProcessInfo.processInfo.environment["KVAGENT_PROGRAMS"].map { FilePath($0) }
        ?? FilePath("/proc/self/exe").resolved.removingLastComponent()
    static var kvagent: String { products.appending("kvagent").string }
}

/// Runs a test on a machine of its own, which is gone afterwards.
func withTestBed(
    emulator change: (inout EmulatorConfiguration, FilePath) throws -> Void = { _, _ in },
    _ body: (TestBed) async throws -> Void
) async throws {
    try await withTemporaryDirectory { directory in
        var configuration = EmulatorConfiguration(
            stateDirectory: directory.appending("vault").string
        )
        try change(&configuration, directory)
        let emulator = try await Emulator.start(configuration)
        do {
            try await body(TestBed(directory: directory, emulator: emulator))
        } catch {
            await emulator.stop()
            throw error
        }
        await emulator.stop()
    }
}

extension TestBed {
    /// Makes the certificates in the vault, observes them, and leaves the first pass to the test.
    func observe(_ names: [String], extra: String = "", entries: String = "") async throws {
        for name in names {
            try await emulator.createCertificate(
                vault: Self.vault,
                name: name,
                Self.options("\(name).example")
            )
        }
        try writeSettings(names, extra: extra, entries: entries)
    }

    /// EC keys, since a test makes many.
    static func options(_ dnsName: String) -> CertificateOptions {
        CertificateOptions(dnsNames: [dnsName], key: .p256)
    }

    /// Writes the settings: `extra` has more top-level keys, `entries` more keys of each entry,
    /// `authentication` the keys of `authenticationSettings`.
    func writeSettings(
        _ names: [String],
        interval: Int = 3600,
        authentication: String? = nil,
        extra: String = "",
        entries: String = ""
    ) throws {
        let cloud = emulator.endpoints.cloudSettings
        let observed = names.map { name in
            "    - {url: \(emulator.endpoints.secretURL(Self.vault, name)), name: \(name)"
                + (entries.isEmpty ? "}" : ", \(entries)}")
        }
        try writeFile(
            settingsFile,
            """
            secretsManagementSettings:
              pollingIntervalInS: \(interval)
              observedCertificates:
            \(observed.joined(separator: "\n"))
            authenticationSettings:
              \(authentication ?? "msiEndpoint: \(emulator.endpoints.identityEndpoint)")
            cloud:
              vaultSuffix: \(cloud.vaultSuffix)
              audience: \(cloud.audience)
              authorityHost: \(cloud.authorityHost)
              caBundle: \(cloud.caBundle)
            stateDirectory: \(state)
            \(extra.contains("hooks:") ? "" : "hooks: {directory: \(hooks), timeout: 20s}")
            \(extra)
            """
        )
    }

    /// Writes a hook that appends `PHASE NAME CERTIFICATES VERSION` to the journal and goes on
    /// with `script`.
    func hook(_ path: String, _ script: String = "") throws {
        let name = path.split(separator: "/").last ?? ""
        try writeFile(
            hooks.appending(path),
            """
            #!/bin/sh
            echo "$KVAGENT_PHASE \(name) $KVAGENT_CERTIFICATES $KVAGENT_VERSION" >> \(journal)
            \(script)
            """,
            mode: 0o755
        )
    }

    /// What the hooks have noted, in order, without the versions.
    func journalLines() throws -> [String] {
        guard facts(of: journal) != nil else { return [] }
        return try readText(journal).split(separator: "\n").map { line in
            line.split(separator: " ").filter { $0.count != 32 }.joined(separator: " ")
        }
    }

    func clearJournal() {
        removeTree(journal)
    }

    /// Runs kvagent with the test's settings.
    @discardableResult
    func kvagent(
        _ arguments: String...,
        status: Int? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> CommandResult {
        let result = try await runCommand(
            [Self.kvagent] + arguments + ["--config", settingsFile.string]
        )
        if let status {
            #expect(
                result.status == status,
                "\(result.output)\(result.errors)",
                sourceLocation: sourceLocation
            )
        }
        return result
    }

    /// Runs `kvagent`, as `$0` of a shell command, with the settings, as `$1`.
    func shell(_ script: String) async throws -> CommandResult {
        try await runCommand(["sh", "-c", script, Self.kvagent, settingsFile.string])
    }

    /// Runs kvagent with `--json` and gives what it printed.
    func json(_ arguments: String...) async throws -> JSON {
        let result = try await runCommand(
            [Self.kvagent] + arguments + ["--json", "--config", settingsFile.string]
        )
        return try JSON(parsing: result.output)
    }

    /// The version that `current` names.
    func current(_ name: String) -> String? {
        guard
            let link = try? FileManager.default.destinationOfSymbolicLink(
                atPath: certs.appending(name).appending("current").string
            )
        else { return nil }
        return link.split(separator: "/").last.map(String.init)
    }

    /// Whether key and certificate of `current` belong together, by the `openssl` program.
    func isWhole(_ name: String) async throws -> Bool {
        let live = certs.appending(name).appending("current")
        let key = try await runCommand([
            "openssl", "pkey", "-in", live.appending("privkey.pem").string, "-pubout",
        ])
        let certificate = try await runCommand([
            "openssl", "x509", "-in", live.appending("fullchain.pem").string, "-noout", "-pubkey",
        ])
        return key.status == 0 && certificate.status == 0 && key.output == certificate.output
    }

    /// The outcomes of a certificate's deployments, newest first.
    func outcomes(_ name: String) async throws -> [String] {
        try await json("history", name).array.map { $0["outcome"].string ?? "open" }
    }
}

extension FilePath {
    /// Where a symlink leads, as realpath(3) has it.
    fileprivate var resolved: FilePath {
        FilePath(URL(filePath: string).resolvingSymlinksInPath().path)
    }
}
