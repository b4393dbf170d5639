import ArgumentParser
import HTTP
import KeyVaultEmulator

/// `certificate disable`: one version, or the newest, can no longer be read.
struct CertificateDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disable a version, by default the newest."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Option(help: "The version.")
    var version: String?

    func run() async throws {
        try await AdminClient(options).send(
            .post,
            certificate.path("objects") + "/disable",
            AdminRequests.Selection(version: version)
        )
    }
}

/// `certificate enable`: the way back.
struct CertificateEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Enable a version, by default the newest."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Option(help: "The version.")
    var version: String?

    func run() async throws {
        try await AdminClient(options).send(
            .post,
            certificate.path("objects") + "/enable",
            AdminRequests.Selection(version: version)
        )
    }
}

/// `certificate delete`: gone, but recoverable.
struct CertificateDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Soft-delete a certificate."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    func run() async throws {
        try await AdminClient(options).send(.delete, certificate.path("objects"))
    }
}

/// `certificate recover`: back from soft deletion.
struct CertificateRecover: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover",
        abstract: "Bring a soft-deleted certificate back."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    func run() async throws {
        try await AdminClient(options).send(.post, certificate.path("objects") + "/recover")
    }
}
