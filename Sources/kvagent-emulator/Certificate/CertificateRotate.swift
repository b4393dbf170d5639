import ArgumentParser
import HTTP
import KeyVaultEmulator

/// `certificate rotate`: the next version by the certificate's policy.
struct CertificateRotate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Make the next version with a new key and print the version."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Option(help: "Make a version that is bad in this way.")
    var fault: ContentFault?

    func run() async throws {
        let made = try await AdminClient(options).send(
            .post,
            certificate.path("certificates") + "/rotate",
            AdminRequests.Rotate(fault: fault),
            as: AdminRequests.Made.self
        )
        print(made.version)
    }
}

extension ContentFault: ExpressibleByArgument {}
