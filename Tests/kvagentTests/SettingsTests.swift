import Foundation
import SystemPackage
import Testing
import TestSupport

@Suite("Bad settings")
struct BadSettingsTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let message: String
    }

    private static let web = "https://contoso.vault.azure.net/secrets/web"

    static let mistakes = [
        Mistake(
            testDescription: "unknown key",
            text: "secretsManagementSettings: {observedCertificates: [\(web)]}\ncolour: blue",
            message: ":2: colour: unknown key"
        ),
        Mistake(
            testDescription: "wrong nesting",
            text: """
                secretsManagementSettings:
                  observedCertificates: [\(web)]
                  authenticationSettings: {}
                """,
            message:
                ":3: secretsManagementSettings.authenticationSettings: unknown key here; it belongs at the top level"
        ),
        Mistake(
            testDescription: "/certificates/ URL",
            text:
                "secretsManagementSettings:\n  observedCertificates:\n    - \(web.replacing("secrets", with: "certificates"))",
            message: ":3: secretsManagementSettings.observedCertificates[0]: "
        ),
        Mistake(
            testDescription: "http URL",
            text:
                "secretsManagementSettings:\n  observedCertificates:\n    - \(web.replacing("https", with: "http"))",
            message: ":3: secretsManagementSettings.observedCertificates[0]: "
        ),
        Mistake(
            testDescription: "empty list",
            text: "secretsManagementSettings:\n  observedCertificates: []",
            message: ":2: secretsManagementSettings.observedCertificates: is empty"
        ),
        Mistake(
            testDescription: "two entries with one name",
            text:
                "secretsManagementSettings:\n  observedCertificates:\n    - \(web)\n    - \(web)",
            message: ":4: secretsManagementSettings.observedCertificates[1]: the name"
        ),
        Mistake(
            testDescription: "a store that can't be written",
            text:
                "secretsManagementSettings:\n  certificateStoreLocation: /dev/null/certs\n  observedCertificates: [\(web)]\nstateDirectory: STATE",
            message:
                ":2: secretsManagementSettings.certificateStoreLocation: /dev/null/certs can't be written"
        ),
        Mistake(
            testDescription: "a state directory that can't be written",
            text:
                "secretsManagementSettings:\n  observedCertificates: [\(web)]\nstateDirectory: /dev/null/kvagent",
            message: ":3: stateDirectory: /dev/null/kvagent can't be written"
        ),
    ]

    @Test(
        "Each is one line with file, line, key and mend; exit 78; nothing changed",
        arguments: mistakes
    )
    func mistake(_ mistake: Mistake) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("kvagent.yaml")
            let state = directory.appending("state")
            try writeFile(file, mistake.text.replacing("STATE", with: state.string))
            for command in [["config", "check"], ["sync"], ["run"]] {
                let result = try await runCommand(
                    [TestBed.kvagent] + command + ["--config", file.string]
                )
                #expect(result.status == 78, "\(command) \(result.errors)")
                let lines = result.errors.split(separator: "\n")
                #expect(lines.count == 1, "\(command) \(result.errors)")
                #expect(
                    lines.first?.hasPrefix("kvagent: error: \(file)\(mistake.message)") == true,
                    "\(command) \(result.errors)"
                )
            }
            #expect(facts(of: state.appending("certs")) == nil)
        }
    }

    @Test("A file that isn't there is told with its name")
    func missing() async throws {
        let result = try await runCommand([
            TestBed.kvagent, "config", "check", "--config", "/nowhere/kvagent.yaml",
        ])
        #expect(result.status == 78)
        #expect(result.errors.hasPrefix("kvagent: error: /nowhere/kvagent.yaml:1: no such file"))
    }

    @Test("config check names accounts and files that this host lacks")
    func hostLacks() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("kvagent.yaml")
            try writeFile(
                file,
                """
                secretsManagementSettings:
                  observedCertificates:
                    - url: https://contoso.vault.localhost/secrets/web
                      owner: no-such-user
                      group: no-such-group
                      acls:
                        - user: root
                        - group: nor-this-one
                cloud:
                  vaultSuffix: vault.localhost
                  caBundle: \(directory)/absent.pem
                stateDirectory: \(directory)/state
                """
            )
            let result = try await runCommand([
                TestBed.kvagent, "config", "check", "--config", file.string,
            ])
            #expect(result.status == 78)
            let entry = "secretsManagementSettings.observedCertificates[0]"
            let bundle = "\(directory)/absent.pem can't be read: No such file or directory"
            let expected = [
                "11: cloud.caBundle: \(bundle); name a PEM file with the authorities to trust",
                "4: \(entry).owner: no-such-user: no such user; create the user, or correct the settings",
                "5: \(entry).group: no-such-group: no such group; create the group, or correct the settings",
                "8: \(entry).acls[1].group: nor-this-one: no such group; create the group, or correct the settings",
            ]
            let lines = result.errors.split(separator: "\n").map(String.init)
            #expect(lines == expected.map { "kvagent: error: \(file):\($0)" })
        }
    }

    @Test("What is no regular file is refused at once, a FIFO too")
    func noRegularFile() async throws {
        try await withTemporaryDirectory { directory in
            let pipe = directory.appending("pipe")
            #expect(unsafe mkfifo(pipe.string, 0o644) == 0)
            for file in [pipe, directory] {
                let result = try await runCommand([
                    "timeout", "60", TestBed.kvagent, "config", "check", "--config", file.string,
                ])
                #expect(result.status == 78)
                #expect(
                    result.errors
                        == "kvagent: error: \(file):1: is no regular file; name the settings file\n"
                )
            }
        }
    }

    @Test("With --json problems are JSON")
    func asJSON() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("kvagent.yaml")
            try writeFile(file, "secretsManagementSettings: {observedCertificates: []}")
            let result = try await runCommand([
                TestBed.kvagent, "config", "check", "--json", "--config", file.string,
            ])
            #expect(result.status == 78)
            let answer = try JSON(parsing: result.output)
            #expect(answer["ok"] == .flag(false))
            #expect(answer["problems"][0]["line"].int == 1)
        }
    }
}
