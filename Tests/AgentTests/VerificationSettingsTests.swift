import PKI
import Testing

@testable import Agent

@Suite("verify in the settings")
struct VerificationSettingsTests {
    private static func parse(_ verify: String) throws -> [Verification] {
        let text = """
            secretsManagementSettings:
              observedCertificates:
                - {url: https://contoso.vault.azure.net/secrets/web, verify: \(verify)}
            """
        return try Settings.parse(text, file: "kvagent.yaml").certificates[0].verifications
    }

    private static func problems(_ verify: String) -> [String] {
        do {
            _ = try parse(verify)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("A map is one server, with the certificate's first name as the one to ask for")
    func one() throws {
        let found = try Self.parse(#"{connect: "127.0.0.1:443"}"#)
        #expect(
            found == [
                Verification(
                    endpoint: TLSEndpoint(host: "127.0.0.1", port: 443),
                    serverName: nil,
                    startTLS: nil,
                    timeout: .seconds(10)
                )
            ]
        )
        #expect(found[0].name == "verify:127.0.0.1:443")
        let server = found[0].server(for: ["*.contoso.com", "www.contoso.com"])
        #expect(server.serverName == "www.contoso.com")
    }

    @Test("A list is several; those at one endpoint are told apart by their names")
    func several() throws {
        let found = try Self.parse(
            """
            [{connect: "[::1]:25", startTLS: smtp, timeout: 1m}, \
            {connect: "h:443", serverName: a.example}, {connect: "h:443", serverName: b.example}]
            """
        )
        #expect(found.map(\.startTLS) == [.smtp, nil, nil])
        #expect(found[0].timeout == .seconds(60))
        #expect(
            found.map(\.name) == [
                "verify:[::1]:25", "verify:h:443/a.example", "verify:h:443/b.example",
            ]
        )
    }

    @Test(
        "A mistake is named, with what would be right",
        arguments: [
            ("{}", "verify: needs connect: HOST:PORT"),
            ("[{serverName: a.example}]", "verify[0]: needs connect: HOST:PORT"),
            ("127.0.0.1:443", "verify: expected a list, found \"127.0.0.1:443\""),
            ("{connect: 127.0.0.1}", "verify.connect: expected HOST:PORT"),
            (#"{connect: "h:1", startTLS: pop3}"#, "expected one of smtp, imap, postgres, ldap"),
            (#"{connect: "h:1", serverName: 127.0.0.1}"#, "expected a host's name"),
            (#"{connect: "h:1", serverName: "*.a.example"}"#, "expected a host's name"),
            (#"{connect: "h:1", timeout: 2h}"#, "expected a time from 1s to 1h"),
            (#"{connect: "h:1", servername: a}"#, #"unknown key; write it "serverName""#),
            (#"[{connect: "h:1", port: 1}]"#, "unknown key; valid here: connect, serverName"),
        ]
    )
    func mistakes(verify: String, problem: String) {
        let found = Self.problems(verify)
        #expect(found.count == 1 && found[0].contains(problem), "\(found)")
    }

    @Test("A key of it elsewhere is told where it belongs")
    func misplaced() {
        let text = """
            secretsManagementSettings:
              observedCertificates:
                - {url: https://contoso.vault.azure.net/secrets/web, startTLS: smtp}
            """
        #expect {
            try Settings.parse(text, file: "kvagent.yaml")
        } throws: { error in
            (error as? SettingsError)?.problems.contains {
                $0.description.contains(
                    #"belongs in "secretsManagementSettings.observedCertificates[].verify""#
                )
            } == true
        }
    }
}
