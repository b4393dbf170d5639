import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `certificate import`: a version from a file.
struct CertificateImport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add a version from a PKCS#12 or PEM file and print the version."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Argument(help: "The file, PKCS#12 or PEM with the key.", completion: .file())
    var file: String

    @Option(help: "The password of the file.")
    var password: String?

    @Option(help: "The form of the secret.")
    var contentType: ContentTypeArgument = .pkcs12

    func run() async throws {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw CommandError("read \(file): \(error)")
        }
        let text = String(decoding: data, as: UTF8.self)
        let made = try await AdminClient(options).send(
            .post,
            certificate.path("certificates") + "/import",
            AdminRequests.Import(
                value: text.contains("-----BEGIN") ? text : data.base64EncodedString(),
                password: password,
                contentType: contentType.contentType
            ),
            as: AdminRequests.Made.self
        )
        print(made.version)
    }
}
