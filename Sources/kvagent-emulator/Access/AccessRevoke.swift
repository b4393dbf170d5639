import ArgumentParser
import KeyVaultEmulator

/// `access revoke`: an identity's roles are taken away.
struct AccessRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take an identity's roles away; the vault goes by roles from then on."
    )

    @OptionGroup var target: AccessTarget
    @OptionGroup var identity: PrincipalOption

    @Argument(help: "The role; all of them by default.")
    var role: Role?

    func run() async throws {
        let principal = identity.principal.lowercased()
        try await target.change { access in
            access.model = .roles
            access.assignments.removeAll {
                $0.principal == principal && (role == nil || $0.role == role)
            }
        }
    }
}
