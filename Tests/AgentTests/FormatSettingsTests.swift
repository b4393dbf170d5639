import PKI
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("formats in the settings")
struct FormatSettingsTests {
    private static func parse(_ entry: String, name: String = "web") throws -> Settings {
        let text = """
            secretsManagementSettings:
              observedCertificates:
                - {url: https://contoso.vault.azure.net/secrets/web, name: \(name), \(entry)}
            """
        return try Settings.parse(text, file: "kvagent.yaml")
    }

    private static func problems(_ entry: String, name: String = "web") -> [String] {
        do {
            _ = try parse(entry, name: name)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("Nothing but PEM is written by default, and pem may be named")
    func standard() throws {
        for entry in ["mode: \"0600\"", "formats: [pem]", "formats: []"] {
            #expect(try Self.parse(entry).certificates[0].formats == [], "\(entry)")
        }
    }

    @Test("Formats, and how the PKCS#12 file is made, are read")
    func all() throws {
        let certificate = try Self.parse(
            """
            formats: [pem, pkcs12, haproxy, der],
            pkcs12: {passwordFile: /etc/p, encryption: legacy, alias: "W\u{EB}b 1"}
            """
        ).certificates[0]
        #expect(certificate.formats == [.pkcs12, .haproxy, .der])
        #expect(certificate.pkcs12.passwordFile == "/etc/p")
        #expect(certificate.pkcs12.encryption == .legacy)
        #expect(certificate.pkcs12.alias == "W\u{EB}b 1")
        let standard = try Self.parse("formats: [pkcs12]").certificates[0].pkcs12
        #expect(standard == PKCS12Settings(passwordFile: nil, encryption: .modern, alias: nil))
    }

    @Test(
        "A mistake is named, with what would be right",
        arguments: [
            ("formats: pkcs12", "formats: expected a list, found \"pkcs12\""),
            (
                "formats: [pkcs12, jks]",
                "formats[1]: expected one of pem, pkcs12, haproxy, der, found \"jks\""
            ),
            (
                "formats: [pkcs12], pkcs12: {passwordFile: p}",
                "pkcs12.passwordFile: expected an absolute path, found \"p\""
            ),
            (
                "formats: [pkcs12], pkcs12: {encryption: rc2}",
                "pkcs12.encryption: expected modern or legacy, found \"rc2\""
            ),
            (
                "formats: [pkcs12], pkcs12: {alias: \(String(repeating: "a", count: 256))}",
                "pkcs12.alias: has more than 255 characters"
            ),
            (
                "formats: [pkcs12], pkcs12: {alias: \u{1F511}}",
                "pkcs12.alias: has a character beyond U+FFFF"
            ),
            ("passwordFile: /etc/p", "passwordFile: unknown key here; it belongs in"),
        ]
    )
    func mistakes(entry: String, message: String) {
        let problems = Self.problems(entry)
        #expect(problems.count == 1 && problems[0].contains(message), "\(problems)")
    }

    @Test(
        "A name that would make HAProxy's file one of the others is refused",
        arguments: ["privkey", "cert", "chain", "fullchain", "bundle"]
    )
    func collision(name: String) {
        let problems = Self.problems("formats: [haproxy]", name: name)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.contains("would write \"\(name).pem\"") == true, "\(problems)")
        #expect(Self.problems("formats: [der, pkcs12]", name: name) == [])
    }

    @Test("pkcs12 without the format has no effect, and that is said")
    func withoutFormat() throws {
        let notes = try Self.parse("formats: [der], pkcs12: {alias: a}").notes.map(\.description)
        #expect(notes.count == 1, "\(notes)")
        #expect(notes.first?.contains("pkcs12: has no effect") == true, "\(notes)")
        #expect(try Self.parse("formats: [pkcs12], pkcs12: {alias: a}").notes.isEmpty)
    }

    @Test("What this host lacks of a password is found beforehand")
    func host() throws {
        try withTemporaryDirectory { directory in
            let file = directory.appending("password")
            let entry = "formats: [pkcs12], pkcs12: {passwordFile: \(file)}"
            func found() throws -> [String] {
                try Self.parse(entry).hostProblems().map(\.description).filter {
                    $0.contains("passwordFile")
                }
            }
            let missing = try found()
            #expect(missing.count == 1)
            #expect(missing[0].contains("pkcs12.passwordFile: \(file): No such file"))
            #expect(missing[0].hasPrefix("kvagent.yaml:3:"))
            try writeFile(file, "secret\n", mode: 0o600)
            #expect(try found() == [])
        }
    }
}
