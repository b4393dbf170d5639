import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `certificate create`: a certificate, or its next version, by the given options.
struct CertificateCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a certificate, or its next version, and print the version.",
        discussion: "The options are kept and used by 'certificate rotate'."
    )

    @OptionGroup var options: StateOptions

    @Argument(help: ArgumentHelp("The certificate.", valueName: "vault/name"))
    var certificate: ObjectReference

    @Option(help: "The subject; by default CN= and the first DNS name.")
    var subject: String?

    @Option(name: .customLong("dns"), help: "A DNS name or IP address. May be repeated.")
    var dnsNames: [String] = []

    @Option(help: "The kind of key.")
    var key: CertificateOptions.Key = .rsa2048

    @Option(help: "How long it is good, as 90d, 12h, 30m or 45s; by default twelve months.")
    var lifetime: LifetimeArgument?

    @Option(help: "When it begins, as 2026-03-01T00:00:00Z.")
    var notBefore: TimeArgument?

    @Option(help: "When it ends, as 2026-06-01T00:00:00Z.")
    var notAfter: TimeArgument?

    @Option(help: "The form of the secret.")
    var contentType: ContentTypeArgument = .pkcs12

    @Option(help: "How a PKCS#12 secret is encrypted.")
    var cipher: CertificateOptions.Cipher = .tripleDES

    @Flag(help: "Leave the key out of the secret.")
    var notExportable = false

    func run() async throws {
        var request = CertificateOptions(
            subject: subject,
            dnsNames: dnsNames,
            key: key,
            lifetimeSeconds: lifetime?.seconds,
            contentType: contentType.contentType
        )
        request.notBefore = notBefore?.date
        request.notAfter = notAfter?.date
        request.cipher = cipher
        request.isExportable = !notExportable
        let made = try await AdminClient(options).send(
            .put,
            certificate.path("certificates"),
            request,
            as: AdminRequests.Made.self
        )
        print(made.version)
    }
}

extension CertificateOptions.Key: ExpressibleByArgument {}
extension CertificateOptions.Cipher: ExpressibleByArgument {}

/// The form of a secret as the command line names it.
enum ContentTypeArgument: String, ExpressibleByArgument, CaseIterable {
    case pkcs12, pem

    var contentType: SecretContentType {
        switch self {
        case .pkcs12: .pkcs12
        case .pem: .pem
        }
    }
}

/// A length of time with its unit: `90d`, `12h`, `30m`, `45s`.
struct LifetimeArgument: ExpressibleByArgument {
    let seconds: Int

    init?(argument: String) {
        let units: [Character: Int] = ["d": 86_400, "h": 3600, "m": 60, "s": 1]
        guard let unit = argument.last.flatMap({ units[$0] }),
            let number = Int(argument.dropLast()),
            // A hundred years, whatever the unit.
            (1...36_500 * 86_400 / unit).contains(number)
        else { return nil }
        seconds = number * unit
    }
}

/// A time of RFC 3339.
struct TimeArgument: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        // An argument that is no time is told so by the parser of arguments.
        guard let date = try? Date(argument, strategy: .iso8601) else { return nil }
        self.date = date
    }
}
