import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `secret`: plain secrets.
struct SecretCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Set plain secrets.",
        subcommands: [SecretSet.self]
    )
}

/// `secret set`: the next version of a plain secret.
struct SecretSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Add a version of a plain secret and print the version."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The secret.", valueName: "vault/name"))
    var secret: ObjectReference

    @Argument(help: "The value; - reads standard input.")
    var value: String

    @Option(help: "The content type.")
    var contentType: String?

    func run() async throws {
        var text = value
        if value == "-" {
            text = ""
            while let line = readLine(strippingNewline: false) { text += line }
        }
        let made = try await AdminClient(options).send(
            .put,
            secret.path("secrets"),
            AdminRequests.PutSecret(value: text, contentType: contentType),
            as: AdminRequests.Made.self
        )
        print(made.version)
    }
}
