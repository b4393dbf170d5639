import ArgumentParser
import KeyVaultEmulator

/// `settings`: a settings file for kvagent that observes this emulator.
struct SettingsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "settings",
        abstract: "Print a kvagent.yaml that observes certificates of this emulator."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificates.", valueName: "vault/name"))
    var certificates: [ObjectReference]

    @Option(help: "Where kvagent keeps its history and, beneath, the certificates.")
    var stateDirectory: String?

    @Option(help: "The polling interval in seconds.")
    var pollingInterval = 60

    func run() async throws {
        let endpoints = try options.endpoints()
        let cloud = endpoints.cloudSettings
        var lines = [
            "secretsManagementSettings:",
            "  pollingIntervalInS: \"\(pollingInterval)\"",
        ]
        if let stateDirectory {
            lines.append("  certificateStoreLocation: \(quoted(stateDirectory + "/certs"))")
        }
        lines.append("  observedCertificates:")
        for certificate in certificates {
            lines += [
                "    - url: \(endpoints.secretURL(certificate.vault, certificate.name))",
                "      name: \(certificate.name)",
            ]
        }
        lines += [
            "authenticationSettings:",
            "  msiEndpoint: \(endpoints.identityEndpoint)",
            "cloud:",
            "  vaultSuffix: \(cloud.vaultSuffix)",
            "  audience: \(cloud.audience)",
            "  authorityHost: \(cloud.authorityHost)",
            "  caBundle: \(quoted(cloud.caBundle))",
        ]
        if let stateDirectory { lines.append("stateDirectory: \(quoted(stateDirectory))") }
        print(lines.joined(separator: "\n"))
    }

    /// A YAML string that is taken as it stands.
    private func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }
}
