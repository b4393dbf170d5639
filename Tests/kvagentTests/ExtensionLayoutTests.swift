import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("The extension's layout")
struct ExtensionLayoutTests {
    /// Settings as a VM has them, and where its certificates lie.
    private func prepare(_ bed: TestBed, layout: String, entry: String = "") async throws
        -> FilePath
    {
        let place = bed.directory.appending("Store")
        try #require(unsafe mkdir(place.string, 0o755) == 0)
        try await bed.observe(["web"])
        var settings = try readText(bed.settingsFile)
        settings.replace(
            "secretsManagementSettings:\n",
            with: """
                secretsManagementSettings:
                  extensionLayout: \(layout)
                  certificateStoreLocation: \(place)

                """
        )
        settings.replace(", name: web}", with: "\(entry)}")
        try writeFile(bed.settingsFile, settings)
        return place
    }

    private func key(_ file: FilePath, certificate: Bool) async throws -> String {
        let command =
            certificate
            ? ["openssl", "x509", "-noout", "-pubkey", "-in", file.string]
            : ["openssl", "pkey", "-pubout", "-in", file.string]
        let result = try await runCommand(command)
        #expect(result.status == 0, "\(result.errors)")
        return result.output
    }

    @Test("Version 3's link and its own are one PEM file with the key, and follow a rotation")
    func version3() async throws {
        try await withTestBed { bed in
            let place = try await prepare(
                bed,
                layout: "v3",
                entry: ", customSymbolicLinkName: webCert"
            )
            // As the extension leaves it: an absolute link to a versioned file.
            let old = place.appending("kv.web.0123456789abcdef.1700000000.1800000000.PEM")
            try writeFile(old, "old")
            try makeSymlink(place.appending("kv.web"), to: old.string)
            try await bed.kvagent("sync", status: 0)
            for _ in 0..<2 {
                for name in ["kv.web", "webCert"] {
                    let file = place.appending(name)
                    let text = try readText(file)
                    #expect(text.hasPrefix("-----BEGIN CERTIFICATE-----"))
                    #expect(text.hasSuffix("-----END PRIVATE KEY-----\n"))
                    #expect(
                        try await key(file, certificate: true) == key(file, certificate: false)
                    )
                }
                let live = bed.certs.appending("kv.web").appending("current/bundle.pem")
                #expect(try readText(place.appending("kv.web")) == readText(live))
                try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                try await bed.kvagent("sync", status: 0)
            }
            #expect(try readText(old) == "old")
            #expect(try names(in: place).filter { !$0.hasSuffix(".PEM") } == ["kv.web", "webCert"])
        }
    }

    @Test("Version 4's three files are there, and the one to watch is new after a rotation")
    func version4() async throws {
        try await withTestBed { bed in
            let place = try await prepare(bed, layout: "4")
            try await bed.kvagent("sync", status: 0)
            let luma = place.appending("kv.web.luma")
            var seen: Set<String> = []
            for _ in 0..<2 {
                let certificate = place.appending("kv.web.pem")
                #expect(try !readText(certificate).contains("PRIVATE KEY"))
                #expect(
                    try await key(certificate, certificate: true)
                        == key(place.appending("kv.web.keyid"), certificate: false)
                )
                let text = try readText(luma)
                let version = try JSON(parsing: text)["version"].string
                #expect(version == bed.current("kv.web") && mode(of: luma) == 0o644)
                #expect(seen.insert(text).inserted)
                try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                try await bed.kvagent("sync", status: 0)
            }
            #expect(try names(in: place) == ["kv.web.keyid", "kv.web.luma", "kv.web.pem"])
            try await bed.kvagent("rollback", "kv.web", status: 0)
            #expect(try seen.contains(readText(luma)))
        }
    }

    @Test("Another version than the extension has is an error of the settings")
    func unknown() async throws {
        try await withTestBed { bed in
            _ = try await prepare(bed, layout: "v5")
            let check = try await bed.kvagent("config", "check", status: 78)
            #expect(check.errors.contains("expected v1, v2, v3 or v4"), "\(check.errors)")
        }
    }
}
