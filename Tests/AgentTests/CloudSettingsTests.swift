import KeyVault
import Testing

@testable import Agent

@Suite("Settings of a cloud")
struct CloudSettingsTests {
    private func parse(_ cloud: String, suffix: String = "vault.example.org") throws -> Settings {
        try Settings.parse(
            """
            secretsManagementSettings:
              observedCertificates: ["https://kv.\(suffix)/secrets/web"]
            cloud: \(cloud)
            """,
            file: "kvagent.yaml"
        )
    }

    private func problems(_ cloud: String) -> [String] {
        do {
            _ = try parse(cloud)
            return []
        } catch let error as SettingsError {
            return error.problems.map(\.description)
        } catch {
            return ["\(error)"]
        }
    }

    @Test("What is left out of a cloud follows from its suffix")
    func defaults() throws {
        let cloud = try parse("{vaultSuffix: Vault.Example.ORG}").cloud
        #expect(cloud.vaultSuffix == "vault.example.org")
        #expect(cloud.audience.lowercased() == "https://vault.example.org")
        #expect(cloud.authorityHost == "https://login.microsoftonline.com")
        #expect(cloud.caBundle == nil)
    }

    @Test(
        "An audience is a URL, with a port or a path, or an application's id",
        arguments: [
            "https://vault.example.org", "https://vault.localhost:8443", "HTTPS://vault.azure.net",
            "https://vault.northwind.onmicrosoft.com/54d0ab69-cf5d-4ec2-9e4c-1f4f6f6f6f6f",
            "cfa8b339-82a2-471a-a3c9-0fc0be7a4093",
        ]
    )
    func goodAudience(_ audience: String) throws {
        let cloud = "{vaultSuffix: vault.example.org, audience: \"\(audience)\"}"
        #expect(try parse(cloud).cloud.audience == audience)
    }

    @Test(
        "Nonsense is refused where it stands, with the reason",
        arguments: [
            ("{vaultSuffix: .vault.azure.net}", "vaultSuffix", "no dot at its start"),
            ("{vaultSuffix: vault.azure.net.}", "vaultSuffix", "no dot at its start or end"),
            ("{vaultSuffix: net}", "vaultSuffix", "single label"),
            ("{vaultSuffix: localhost}", "vaultSuffix", "every host right below localhost"),
            ("{vaultSuffix: \"https://vault.azure.net\"}", "vaultSuffix", "without scheme"),
            ("{vaultSuffix: \"vault.azure.net:443\"}", "vaultSuffix", "without scheme, port"),
            ("{vaultSuffix: vault.azure.net/}", "vaultSuffix", "path"),
            ("{vaultSuffix: vault..net}", "vaultSuffix", "no name of a host"),
            ("{vaultSuffix: \"*.azure.net\"}", "vaultSuffix", "no name of a host"),
            ("{vaultSuffix: \"vault.azure net\"}", "vaultSuffix", "no name of a host"),
            ("{vaultSuffix: -vault.azure.net}", "vaultSuffix", "no name of a host"),
            ("{vaultSuffix: väult.azure.net}", "vaultSuffix", "no name of a host"),
            ("{vaultSuffix: 169.254.169.254}", "vaultSuffix", "is an address"),
            ("{audience: \"https://vault.azure.net\"}", "cloud", "needs vaultSuffix"),
            ("{vaultSuffix: v.example, audience: https://v.example/}", "audience", "slash"),
            ("{vaultSuffix: v.example, audience: http://v.example}", "audience", "https://"),
            ("{vaultSuffix: v.example, audience: v.example}", "audience", "https://"),
            ("{vaultSuffix: v.example, audience: \"https://\"}", "audience", "slash"),
            ("{vaultSuffix: v.example, audience: https://a@v.example}", "audience", "no URL"),
            ("{vaultSuffix: v.example, audience: https://v.example?a=b}", "audience", "no URL"),
            ("{vaultSuffix: v.example, audience: \"https://:8443\"}", "audience", "no URL"),
            ("{vaultSuffix: v.example, caBundle: ca.pem}", "caBundle", "ca.pem"),
            ("{vaultSuffix: v.example, vaultsuffix: x}", "vaultsuffix", "vaultSuffix"),
            ("{vaultSuffix: v.example, tenant: x}", "tenant", "tenant"),
            ("{vaultSuffix: [v.example]}", "vaultSuffix", "expected"),
        ]
    )
    func nonsense(_ cloud: String, key: String, words: String) {
        let problems = problems(cloud)
        #expect(
            problems.contains { $0.hasPrefix("kvagent.yaml:3:") && $0.contains(key) },
            "\(problems)"
        )
        #expect(problems.contains { $0.contains(words) }, "\(problems)")
    }

    @Test("A bad suffix is the only problem where the URLs go by it")
    func once() {
        let error = #expect(throws: SettingsError.self) {
            try parse("{vaultSuffix: net}", suffix: "net")
        }
        #expect(error?.problems.count == 1)
    }

    @Test("A suffix holds no host but those right below it")
    func holds() throws {
        let cloud = "{vaultSuffix: vault.example.org}"
        for suffix in [
            "example.org", "evilvault.example.org", "a.vault.example.org", "vault.azure.net",
        ] {
            #expect(throws: SettingsError.self) { try parse(cloud, suffix: suffix) }
        }
    }
}
