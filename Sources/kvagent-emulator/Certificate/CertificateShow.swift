import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `certificate show`: the versions of a certificate or secret.
struct CertificateShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print the versions of a certificate, oldest first."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let client = try AdminClient(options)
        guard !json else {
            let data = try await client.send(.get, certificate.path("objects"))
            print(String(decoding: data, as: UTF8.self))
            return
        }
        let object = try await client.send(
            .get,
            certificate.path("objects"),
            as: ObjectDescription.self
        )
        let end = object.isDeleted ? ", deleted" : ""
        print("\(object.kind) \(object.name) in \(object.vault)\(end)")
        for version in object.versions {
            let end = version.expires.map { " until \($0.formatted(.iso8601))" } ?? ""
            let state = version.isEnabled ? "" : " disabled"
            print("  \(version.version) \(version.thumbprint ?? "")\(end)\(state)")
        }
    }
}
