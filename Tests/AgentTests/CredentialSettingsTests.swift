import AzureIdentity
import Testing

@testable import Agent

@Suite("Credentials in the settings")
struct CredentialSettingsTests {
    private static let client = "00001111-aaaa-2222-bbbb-3333cccc4444"

    private func parse(_ authentication: String) throws -> Settings {
        try Settings.parse(
            """
            secretsManagementSettings:
              observedCertificates: [https://contoso.vault.azure.net/secrets/web]
            authenticationSettings: {\(authentication)}
            """,
            file: "kvagent.yaml"
        )
    }

    static let good: [(String, Credential)] = [
        (
            "credential: clientSecret, tenantId: contoso.com, clientId: \(client), clientSecretFile: /a/b",
            .application(
                Application(tenantID: "contoso.com", clientID: client),
                .secretFile("/a/b")
            )
        ),
        (
            "credential: clientSecret, tenantId: contoso.com, clientId: \(client.uppercased()), clientSecretFile: azure.id",
            .application(
                Application(tenantID: "contoso.com", clientID: client),
                .secretFile("azure.id")
            )
        ),
        (
            "credential: clientCertificate, tenantId: contoso.com, clientId: \(client), certificateFile: /a/b",
            .application(
                Application(tenantID: "contoso.com", clientID: client),
                .certificateFile("/a/b", sendsChain: false)
            )
        ),
        (
            "credential: clientCertificate, tenantId: contoso.com, clientId: \(client), certificateFile: a, sendCertificateChain: true",
            .application(
                Application(tenantID: "contoso.com", clientID: client),
                .certificateFile("a", sendsChain: true)
            )
        ),
        ("credential: environment", .environment),
        ("credential: azureCli", .azureCLI(tenantID: nil)),
        ("credential: azureCli, tenantId: contoso.com", .azureCLI(tenantID: "contoso.com")),
        ("credential: workloadIdentity", .workloadIdentity(WorkloadIdentity())),
        (
            "credential: workloadIdentity, tenantId: contoso.com, clientId: \(client), tokenFile: /a/b",
            .workloadIdentity(
                WorkloadIdentity(tenantID: "contoso.com", clientID: client, tokenFile: "/a/b")
            )
        ),
    ]

    @Test("Each kind is read, and written out as it was read", arguments: good)
    func read(text: String, credential: Credential) throws {
        let settings = try parse(text)
        #expect(settings.credential == credential)
        #expect(settings.certificates.first?.credential == credential)
        let written = try #require(settings.effective.written).yaml(withOrigins: false)
        #expect(try Settings.parse(written, file: "again.yaml").credential == credential)
    }

    static let bad: [(String, String)] = [
        (
            "credential: password",
            ".credential: expected one of managedIdentity, clientSecret"
        ),
        (
            "credential: clientSecret, clientSecret: s3cr3t",
            ".clientSecret: a secret has no place in the settings: write it into a file, mode 0600, and name that as clientSecretFile"
        ),
        (
            "clientId: \(client)",
            ".clientId: means nothing to credential: managedIdentity; it is for credential: clientSecret or clientCertificate or workloadIdentity"
        ),
        (
            "credential: clientSecret, msiEndpoint: http://localhost/x",
            ".msiEndpoint: means nothing to credential: clientSecret; it is for credential: managedIdentity"
        ),
        (
            "credential: clientCertificate, tenantId: contoso.com, clientId: \(client)",
            ": needs certificateFile: the path of a file"
        ),
        (
            "credential: clientCertificate, clientSecretFile: /a",
            ".clientSecretFile: means nothing to credential: clientCertificate; it is for credential: clientSecret"
        ),
        (
            "credential: environment, tenantId: contoso.com",
            ".tenantId: means nothing to credential: environment; it is for"
        ),
        ("credential: clientSecret", ": needs tenantId"),
        ("credential: clientSecret, tenantId: contoso.com", ": needs clientId"),
        (
            "credential: clientSecret, tenantId: contoso.com, clientId: \(client)",
            ": needs clientSecretFile: the path of a file"
        ),
        (
            "credential: clientSecret, tenantId: common, clientId: \(client), clientSecretFile: x",
            ".tenantId: expected the tenant's id, a GUID, or one of its domains"
        ),
        (
            "credential: clientSecret, tenantId: ../x, clientId: \(client), clientSecretFile: x",
            ".tenantId: expected the tenant's id, a GUID, or one of its domains"
        ),
        (
            "credential: clientSecret, tenantId: contoso.com, clientId: web, clientSecretFile: x",
            ".clientId: expected the identity's client id, a GUID, found \"web\""
        ),
    ]

    @Test("What is wrong is told with its key and what to do", arguments: bad)
    func refused(text: String, problem: String) throws {
        let error = try #require(throws: SettingsError.self) { try parse(text) }
        let problems = error.problems.map { "\($0)" }
        let line = "kvagent.yaml:3: authenticationSettings\(problem)"
        #expect(problems.contains { $0.hasPrefix(line) }, "\(problems)")
        #expect(!problems.contains { $0.contains("s3cr3t") })
    }

    @Test(
        "A secret that stands where its file should be named is not repeated",
        arguments: ["abc8Q~s3cr3t", "s3cr3t/x", ".s3cr3t", "s3cr3t="]
    )
    func pasted(secret: String) throws {
        let error = try #require(throws: SettingsError.self) {
            try parse(
                "credential: clientSecret, tenantId: contoso.com, clientId: \(Self.client), clientSecretFile: \"\(secret)\""
            )
        }
        #expect(error.problems.count == 1)
        #expect(!"\(error.problems)".contains("s3cr3t"))
    }

    @Test("Another identity for one certificate is for managed identities alone")
    func override() throws {
        let error = try #require(throws: SettingsError.self) {
            try Settings.parse(
                """
                secretsManagementSettings:
                  observedCertificates:
                    - url: https://contoso.vault.azure.net/secrets/web
                      authenticationOverride: {msiClientId: \(Self.client)}
                authenticationSettings:
                  credential: clientSecret
                  tenantId: contoso.com
                  clientId: \(Self.client)
                  clientSecretFile: azure
                """,
                file: "kvagent.yaml"
            )
        }
        #expect(
            "\(error.problems.first.map { "\($0)" } ?? "")".hasSuffix(
                "authenticationOverride: means nothing but to credential: managedIdentity"
            )
        )
    }

    @Test(
        "The authority of a cloud is an https host and nothing else",
        arguments: [
            "http://login.example", "login.example", "https://", "https://a b", "https://a@b",
            "https://login.example/x", "https://login.example?x", "https://login.example:0",
            "https://login.example:x", "https://-a.example", "https://..", "https://[::1]",
        ]
    )
    func authority(host: String) throws {
        #expect(throws: AuthorityHostError.self) { try AuthorityHost(setting: host) }
        let error = try #require(throws: SettingsError.self) {
            try Settings.parse(
                """
                secretsManagementSettings:
                  observedCertificates: [https://contoso.vault.localhost/secrets/web]
                cloud: {vaultSuffix: vault.localhost, authorityHost: "\(host)"}
                """,
                file: "kvagent.yaml"
            )
        }
        #expect("\(error.problems)".contains("cloud.authorityHost"))
    }

    @Test("An authority may have a port and a slash")
    func authorityName() throws {
        #expect(try AuthorityHost(setting: "https://Login.Example/").name == "login.example")
        #expect(try AuthorityHost(setting: "https://login.example:443").name == "login.example")
        #expect(try AuthorityHost(setting: "https://a.localhost:8443").name == "a.localhost:8443")
    }
}
