import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

extension TestBed {
    /// Writes the password file, and gives its path.
    @discardableResult
    func password(_ text: String, mode: mode_t = 0o600) throws -> FilePath {
        let file = directory.appending("password")
        removeTree(file)
        try writeFile(file, text, mode: mode)
        return file
    }

    /// Settings with one certificate more, which has nothing of its own.
    func writeSettings(
        _ names: [String],
        other: String,
        entries: String
    ) throws {
        try writeSettings(names, entries: entries)
        let text = try readText(settingsFile)
        let entry =
            "    - {url: \(emulator.endpoints.secretURL(Self.vault, other)), name: \(other)}"
        let place = "authenticationSettings:"
        try writeFile(settingsFile, text.replacing(place, with: "\(entry)\n\(place)"))
    }

    func versionDirectory(_ name: String) -> FilePath {
        certs.appending("\(name)/versions/\(current(name) ?? "none")")
    }

    func live(_ name: String, _ file: String) -> FilePath {
        versionDirectory(name).appending(file)
    }

    func liveFiles(_ name: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: versionDirectory(name).string).sorted()
    }

    /// Every live file's bytes.
    func bytes(_ name: String) throws -> [String: [UInt8]] {
        var bytes: [String: [UInt8]] = [:]
        for file in try liveFiles(name) { bytes[file] = try readFile(live(name, file)) }
        return bytes
    }

    /// What the `openssl` program says of `bundle.p12`, and what it finds in it.
    func openP12(_ name: String, password: String) async throws -> CommandResult {
        try await runCommand([
            "openssl", "pkcs12", "-in", live(name, "bundle.p12").string, "-nodes", "-info",
            "-passin", "pass:\(password)",
        ])
    }

    /// Whether every live file that is there is of the certificate and the key of the PEM files.
    func agree(_ name: String, password: String) async throws -> Bool {
        guard try await isWhole(name) else { return false }
        func pem(_ text: String, _ label: String) -> [String] {
            text.components(separatedBy: "-----BEGIN \(label)-----").dropFirst().map {
                $0.components(separatedBy: "-----END").first ?? ""
            }
        }
        let certificates = pem(try readText(live(name, "bundle.pem")), "CERTIFICATE")
        let chain = pem(try readText(live(name, "fullchain.pem")), "CERTIFICATE")
        let key = pem(try readText(live(name, "privkey.pem")), "PRIVATE KEY")
        func der(_ text: [String]) throws -> [UInt8] {
            let base64 = try #require(text.first).filter { !$0.isNewline }
            return Array(try #require(Data(base64Encoded: base64)))
        }
        let files = try liveFiles(name)
        var agreements: [Bool] = []
        if files.contains("bundle.p12") {
            let opened = try await openP12(name, password: password)
            agreements.append(opened.status == 0)
            agreements.append(pem(opened.output, "CERTIFICATE") == certificates)
            agreements.append(pem(opened.output, "PRIVATE KEY") == key)
        }
        if files.contains("\(name).pem") {
            let text = try readText(live(name, "\(name).pem"))
            agreements.append(pem(text, "CERTIFICATE") == chain)
            agreements.append(pem(text, "PRIVATE KEY") == key)
        }
        if files.contains("cert.der") {
            agreements.append(try readFile(live(name, "cert.der")) == der(certificates))
            agreements.append(try readFile(live(name, "privkey.der")) == der(key))
        }
        return !agreements.isEmpty && agreements.allSatisfy(\.self)
    }
}
