import ArgumentParser
import KeyVaultEmulator

/// `access grant`: a role for one identity.
struct AccessGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant",
        abstract: "Give an identity a role; the vault goes by roles from then on."
    )

    @OptionGroup var target: AccessTarget
    @OptionGroup var identity: PrincipalOption

    @Argument(help: "The role.")
    var role: Role

    @Option(
        help: ArgumentHelp(
            "Only on this object: secrets/NAME or certificates/NAME.",
            valueName: "object"
        )
    )
    var on: String?

    func run() async throws {
        let assignment = RoleAssignment(role, to: identity.principal, scope: on)
        try await target.change { access in
            access.model = .roles
            if !access.assignments.contains(assignment) { access.assignments.append(assignment) }
        }
    }
}
