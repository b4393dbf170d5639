import AzureIdentity
import Hooks
import KeyVault
import Store
import SystemPackage
import Testing

@testable import Agent

@Suite("Settings")
struct SettingsTests {
    private static let web = "https://contoso.vault.azure.net/secrets/web"

    private func parse(_ text: String) throws -> Settings {
        try Settings.parse(text, file: "kvagent.yaml")
    }

    private func problems(_ text: String) -> [String] {
        do {
            _ = try parse(text)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("The least that works: one URL, everything else by default")
    func smallest() throws {
        let settings = try parse(
            "secretsManagementSettings: {observedCertificates: [\(Self.web)]}"
        )
        let certificate = try #require(settings.certificates.first)
        #expect(certificate.name == "contoso.web")
        #expect(certificate.storeLocation == "/var/lib/kvagent/certs")
        #expect(certificate.pollingInterval == .seconds(3600))
        #expect(certificate.access.mode == 0o600)
        #expect(certificate.credential == .managedIdentity(nil, .system))
        #expect(settings.hooks.directory == "/etc/kvagent/hooks.d")
        #expect(settings.hooks.onFailure == .rollback)
        #expect(settings.notes.isEmpty)
    }

    @Test("Everything that can be set is taken over")
    func everything() throws {
        let settings = try parse(
            """
            secretsManagementSettings:
              pollingIntervalInS: "600"
              certificateStoreLocation: /srv/certs
              requireInitialSync: true
              observedCertificates:
                - url: \(Self.web)
                  name: web
                  owner: root
                  group: ssl-cert
                  mode: "0640"
                  acls: [{user: app1, group: appGroup1}]
                  customSymbolicLinkName: webCert
                  authenticationOverride: {msiClientId: 11112222-bbbb-3333-cccc-4444dddd5555}
                  pollingIntervalInS: 300
                  hooks:
                    - {phase: reload, run: [systemctl, reload, nginx.service], timeout: 5m, user: deploy, retries: 3}
            authenticationSettings:
              msiEndpoint: http://169.254.169.254/metadata/identity/oauth2/token
              msiObjectId: 99992222-bbbb-3333-cccc-4444dddd5555
            cloud: usGovernment
            hooks: {directory: /srv/hooks, timeout: 1m, onFailure: keep, runner: systemd, properties: {MemoryMax: 1G}, coalesce: {window: 5s, limit: 2m}}
            history: {keepVersions: 3, keepDays: 90}
            stateDirectory: /srv/state
            """.replacing("vault.azure.net", with: "vault.usgovcloudapi.net")
        )
        let certificate = try #require(settings.certificates.first)
        #expect(certificate.name == "web")
        #expect(certificate.access.group == "ssl-cert" && certificate.access.mode == 0o640)
        #expect(certificate.access.acls.map(\.user) == ["app1"])
        #expect(certificate.linkName == "webCert")
        #expect(
            certificate.credential
                == .managedIdentity(.imds, .clientID("11112222-bbbb-3333-cccc-4444dddd5555"))
        )
        #expect(certificate.pollingInterval == .seconds(300))
        #expect(certificate.hooks.first?.command == ["systemctl", "reload", "nginx.service"])
        #expect(certificate.hooks.first?.timeout == .seconds(300))
        #expect(certificate.hooks.first?.user == "deploy")
        #expect(certificate.hooks.first?.retries == 3)
        #expect(settings.requireInitialSync && settings.keepVersions == 3)
        #expect(settings.keepDays == 90)
        #expect(settings.hooks.onFailure == .keep && settings.hooks.runner == .systemd)
        #expect(settings.hooks.coalesce == Coalescing(window: .seconds(5), limit: .seconds(120)))
        #expect(settings.hooks.properties == ["MemoryMax": "1G"])
        #expect(settings.historyFile == "/srv/state/history.db")
    }

    @Test(
        "The extension's settings are taken as they are, in each of their wrappings",
        arguments: [
            #"{"secretsManagementSettings":@}"#,
            #"{"settings":{"secretsManagementSettings":@}}"#,
            #"{"publicSettings":{"secretsManagementSettings":@}, "protectedSettings": null}"#,
            #"{"runtimeSettings":[{"handlerSettings":{"publicSettings":{"secretsManagementSettings":@},"protectedSettings":null,"protectedSettingsCertThumbprint":null}}]}"#,
            #"{"publisher":"Microsoft.Azure.KeyVault","type":"KeyVaultForLinux","typeHandlerVersion":"3.0","settings":{"secretsManagementSettings":@}}"#,
        ]
    )
    func extensionForms(_ wrapping: String) throws {
        let inner = """
            {"pollingIntervalInS":"3600","certificateStoreName":"MY","linkOnRenewal":false,
             "certificateStoreLocation":"/var/lib/waagent/Microsoft.Azure.KeyVault",
             "requireInitialSync":true,"observedCertificates":["\(Self.web)",
             "https://contoso.vault.azure.net:443/secrets/api"]}
            """
        let settings = try parse(wrapping.replacing("@", with: inner))
        #expect(settings.certificates.map(\.name) == ["contoso.web", "contoso.api"])
        #expect(settings.certificates.allSatisfy { $0.url.port == nil })
        #expect(
            settings.notes.map(\.key) == [
                "secretsManagementSettings.certificateStoreName",
                "secretsManagementSettings.linkOnRenewal",
            ]
        )
    }

    @Test("Settings encoded as a string of JSON are read too")
    func stringForm() throws {
        let inner = #"{\"secretsManagementSettings\":{\"observedCertificates\":[\"@\"]}}"#
        let settings = try parse(
            #"{"publicSettings": "\#(inner.replacing("@", with: Self.web))"}"#
        )
        #expect(settings.certificates.map(\.name) == ["contoso.web"])
    }

    struct Mistake: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let problem: String
    }

    static let mistakes = [
        Mistake(
            testDescription: "unknown key",
            text: """
                secretsManagementSettings:
                  pollingInterval: 60
                  observedCertificates: [\(web)]
                """,
            problem:
                "kvagent.yaml:2: secretsManagementSettings.pollingInterval: unknown key; did you mean \"pollingIntervalInS\"?"
        ),
        Mistake(
            testDescription: "wrong nesting",
            text: """
                secretsManagementSettings:
                  observedCertificates: [\(web)]
                  authenticationSettings:
                    msiClientId: 00001111-aaaa-2222-bbbb-3333cccc4444
                """,
            problem:
                "kvagent.yaml:3: secretsManagementSettings.authenticationSettings: unknown key here; it belongs at the top level, beside \"secretsManagementSettings\""
        ),
        Mistake(
            testDescription: "authenticationSettings beside settings",
            text: """
                settings: {secretsManagementSettings: {observedCertificates: [\(web)]}}
                authenticationSettings: {}
                """,
            problem:
                "kvagent.yaml:2: authenticationSettings: belongs inside \"settings\", beside \"secretsManagementSettings\""
        ),
        Mistake(
            testDescription: "a key beside runtimeSettings",
            text: """
                runtimeSettings: [{secretsManagementSettings: {observedCertificates: [\(web)]}}]
                bogus: 1
                """,
            problem: "kvagent.yaml:2: bogus: unknown key beside \"runtimeSettings\""
        ),
        Mistake(
            testDescription: "a key beside handlerSettings",
            text: """
                runtimeSettings:
                  - handlerSettings: {secretsManagementSettings: {observedCertificates: [\(web)]}}
                    hooks: {}
                """,
            problem:
                "kvagent.yaml:3: runtimeSettings[0].hooks: belongs inside \"handlerSettings\""
        ),
        Mistake(
            testDescription: "a second element of runtimeSettings",
            text: """
                runtimeSettings:
                  - secretsManagementSettings: {observedCertificates: [\(web)]}
                  - secretsManagementSettings: {observedCertificates: [\(web)]}
                """,
            problem: "kvagent.yaml:3: runtimeSettings[1]: a second element would be left out"
        ),
        Mistake(
            testDescription: "/certificates/ URL",
            text: """
                secretsManagementSettings:
                  observedCertificates:
                    - https://contoso.vault.azure.net/certificates/web
                """,
            problem: "kvagent.yaml:3: secretsManagementSettings.observedCertificates[0]: "
        ),
        Mistake(
            testDescription: "http URL",
            text: """
                secretsManagementSettings:
                  observedCertificates:
                    - url: http://contoso.vault.azure.net/secrets/web
                """,
            problem: "kvagent.yaml:3: secretsManagementSettings.observedCertificates[0].url: "
        ),
        Mistake(
            testDescription: "another host",
            text:
                "secretsManagementSettings: {observedCertificates: [https://contoso.example/secrets/web]}",
            problem: "kvagent.yaml:1: secretsManagementSettings.observedCertificates[0]: "
        ),
        Mistake(
            testDescription: "empty list",
            text: "secretsManagementSettings:\n  observedCertificates: []",
            problem:
                "kvagent.yaml:2: secretsManagementSettings.observedCertificates: is empty; list at least one https://VAULT.vault.azure.net/secrets/NAME"
        ),
        Mistake(
            testDescription: "two entries with one name",
            text: """
                secretsManagementSettings:
                  observedCertificates:
                    - {url: \(web), name: web}
                    - {url: \(web), name: web}
                """,
            problem:
                "kvagent.yaml:4: secretsManagementSettings.observedCertificates[1]: the name \"web\" is taken by secretsManagementSettings.observedCertificates[0] in line 3; give this one a \"name\" of its own"
        ),
        Mistake(
            testDescription: "a key that any user could read",
            text:
                "secretsManagementSettings: {observedCertificates: [{url: \(web), mode: \"0644\"}]}",
            problem:
                "kvagent.yaml:1: secretsManagementSettings.observedCertificates[0].mode: would open the private key to every user; use 0640 and a group"
        ),
        Mistake(
            testDescription: "a resource id for a client id",
            text: """
                secretsManagementSettings: {observedCertificates: [\(web)]}
                authenticationSettings: {msiClientId: /subscriptions/x}
                """,
            problem:
                "kvagent.yaml:2: authenticationSettings.msiClientId: is a resource id; give it as msiResourceId, or the identity's client id here"
        ),
        Mistake(
            testDescription: "a path that climbs out",
            text:
                "secretsManagementSettings: {observedCertificates: [{url: \(web), name: ../../etc}]}",
            problem: "kvagent.yaml:1: secretsManagementSettings.observedCertificates[0].name: "
        ),
        Mistake(
            testDescription: "a name that the store has for itself",
            text:
                "secretsManagementSettings: {observedCertificates: [{url: \(web), name: README}]}",
            problem: "kvagent.yaml:1: secretsManagementSettings.observedCertificates[0].name: "
        ),
        Mistake(
            testDescription: "not YAML",
            text: "secretsManagementSettings: [",
            problem: "kvagent.yaml:2: not valid YAML"
        ),
        Mistake(
            testDescription: "no settings at all",
            text: "",
            problem: "kvagent.yaml:1: holds no settings"
        ),
        Mistake(
            testDescription: "a key given twice",
            text: "stateDirectory: /a\nstateDirectory: /b",
            problem: "kvagent.yaml:1: stateDirectory: given twice"
        ),
        Mistake(
            testDescription: "a hook that isn't a list",
            text:
                "secretsManagementSettings: {observedCertificates: [{url: \(web), hooks: [{phase: reload, run: nginx}]}]}",
            problem:
                "kvagent.yaml:1: secretsManagementSettings.observedCertificates[0].hooks[0].run: "
        ),
    ]

    @Test("A mistake is one line with file, line, key and mend", arguments: mistakes)
    func mistake(_ mistake: Mistake) {
        let found = problems(mistake.text)
        #expect(found.contains { $0.hasPrefix(mistake.problem) }, "\(found)")
        #expect(found.allSatisfy { !$0.contains("\n") })
    }

    @Test("A list that is none is told once, and not as an empty one")
    func listThatIsNone() {
        let found = problems("secretsManagementSettings: {observedCertificates: \(Self.web)}")
        let place = "kvagent.yaml:1: secretsManagementSettings.observedCertificates"
        #expect(found == ["\(place): expected a list, found \"\(Self.web)\""])
    }

    @Test("An optional key that a template left empty is as if left out, and noted")
    func emptyOptional() throws {
        let settings = try parse(
            """
            secretsManagementSettings:
              pollingIntervalInS: ""
              observedCertificates:
                - {url: \(Self.web), customSymbolicLinkName: "", name: '', owner: ""}
            authenticationSettings: {msiEndpoint: "", msiClientId: ""}
            """
        )
        let certificate = try #require(settings.certificates.first)
        #expect(certificate.linkName == nil && certificate.name == "contoso.web")
        #expect(certificate.access.owner == nil && settings.pollingInterval == .seconds(3600))
        #expect(certificate.credential == .managedIdentity(nil, .system))
        #expect(settings.notes.count == 6)
        #expect(settings.notes.allSatisfy { $0.message == "is empty: as if left out" })
    }

    @Test(
        "A required one that is empty is missing",
        arguments: [
            (#"{url: ""}"#, "[0]: needs url: https://VAULT"),
            (#"{url: @, authenticationOverride: {msiClientId: ""}}"#, "needs msiClientId"),
            (#"{url: @, acls: [{user: ""}]}"#, "needs a user, a group or both"),
            (#"{url: @, hooks: [{phase: "", run: [a]}]}"#, "phase must be one of"),
            (#"{url: @, hooks: [{phase: reload, run: [a, ""]}]}"#, "expected text"),
            (#""""#, "expected text"),
        ]
    )
    func emptyRequired(entry: String, problem: String) {
        let entry = entry.replacing("@", with: Self.web)
        let found = problems("secretsManagementSettings: {observedCertificates: [\(entry)]}")
        #expect(found.count == 1 && found.first?.contains(problem) == true, "\(found)")
    }

    @Test("All the mistakes of a file are named at once")
    func several() {
        let found = problems(
            """
            secretsManagementSettings:
              pollingIntervalInS: soon
              observedCertificates: [https://contoso.vault.azure.net/certificates/web]
            colour: blue
            """
        )
        #expect(found.count == 3, "\(found)")
    }
}
