import ArgumentParser

/// `access`: who may do what in a vault, from where and how often.
struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access",
        abstract: "Say who may do what in a vault, from where and how often.",
        discussion: """
            A vault is open to every token until this is said. Without --to, a command is about \
            the system-assigned identity of the machine.
            """,
        subcommands: [
            AccessShow.self, AccessGrant.self, AccessRevoke.self, AccessPolicyCommand.self,
            AccessNetwork.self, AccessLimit.self, AccessOpen.self,
        ]
    )
}
