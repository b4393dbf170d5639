import ArgumentParser
import KeyVaultEmulator

/// `access policy`: what one identity may do, in a vault with access policies.
struct AccessPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Set an identity's access policy; the vault goes by policies from then on."
    )

    @OptionGroup var target: AccessTarget
    @OptionGroup var identity: PrincipalOption

    @Option(
        help: ArgumentHelp("What it may do with secrets, as in get,list.", valueName: "verbs")
    )
    var secrets: String = ""

    @Option(
        help: ArgumentHelp("What it may do with certificates.", valueName: "verbs")
    )
    var certificates: String = ""

    func run() async throws {
        let policy = AccessPolicy(
            to: identity.principal,
            secrets: secrets.split(separator: ",").map(String.init),
            certificates: certificates.split(separator: ",").map(String.init)
        )
        try await target.change { access in
            access.model = .policies
            access.policies.removeAll { $0.principal == policy.principal }
            access.policies.append(policy)
        }
    }
}
