import ArgumentParser
import Dispatch
import FoundationEssentials
import Glibc
import KeyVaultEmulator
import UnixSignals

/// `serve`: runs an emulator until it is told to stop.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run an emulator until SIGTERM, SIGINT or a request to shut down."
    )

    @OptionGroup var options: StateOptions

    @Option(help: "The TLS port of the vaults and the authority; 0: any free one.")
    var vaultPort = 0

    @Option(help: "The port of the identity endpoint; 0: any free one.")
    var identityPort = 0

    @Option(help: "The port of the administration; 0: any free one.")
    var adminPort = 0

    @Option(
        name: .customLong("identity"),
        help: ArgumentHelp(
            "A user-assigned identity: client=ID,object=ID[,resource=ID]. May be repeated.",
            valueName: "ids"
        )
    )
    var identities: [IdentityArgument] = []

    @Option(
        name: .customLong("client"),
        help: ArgumentHelp(
            "An application and its secret; without any application, every secret is right. "
                + "May be repeated.",
            valueName: "id=secret"
        )
    )
    var clients: [ClientArgument] = []

    @Option(
        name: .customLong("client-certificate"),
        help: ArgumentHelp(
            "An application and its certificate: client=ID,file=FILE, or, by name and authority, "
                + "client=ID,name=CN,authority=FILE; PEM. May be repeated.",
            valueName: "certificate"
        )
    )
    var clientCertificates: [ClientCertificateArgument] = []

    @Option(
        name: .customLong("federation"),
        help: ArgumentHelp(
            "Whose tokens speak for an application: client=ID,issuer=URL,subject=TEXT,"
                + "key=FILE[,audience=TEXT]; the file has the issuer's public key or certificate, "
                + "PEM. May be repeated.",
            valueName: "federation"
        )
    )
    var federations: [FederationArgument] = []

    @Flag(help: "The machine has no system-assigned identity.")
    var noSystemIdentity = false

    @Option(
        help: ArgumentHelp(
            "The identity endpoint is that of Azure Arc, with its keys in here.",
            valueName: "directory"
        ),
        completion: .directory
    )
    var arcKeys: String?

    @Option(
        help: ArgumentHelp(
            "There is App Service's endpoint, too, at /msi/token, for whoever sends this header.",
            valueName: "value"
        )
    )
    var appServiceHeader: String?

    @Option(help: "For how many seconds tokens are good.")
    var tokenLifetime: Int?

    @Option(help: "How lists are cut into pages.")
    var pages: EmulatorBehaviour.Pages = .full

    @Option(help: "How often a new certificate is still pending when asked for.")
    var pendingPolls = 0

    @Option(
        help: "A file to write the endpoints to, as JSON, once they serve.",
        completion: .file()
    )
    var readyFile: String?

    @Flag(help: "Stop when standard input closes, as it does when the parent process ends.")
    var exitWithParent = false

    func run() async throws {
        var configuration = EmulatorConfiguration(
            stateDirectory: options.state,
            vaultPort: vaultPort,
            identityPort: identityPort,
            adminPort: adminPort
        )
        configuration.identities = identities.map(\.identity)
        for client in clients { configuration.clients[client.id] = client.secret }
        for argument in clientCertificates {
            configuration.clientCertificates[argument.client, default: []]
                .append(try argument.certificate())
        }
        configuration.federations = try federations.map { try $0.credential() }
        configuration.arcKeys = arcKeys.map { ArcKeyPlace($0) }
        configuration.appServiceHeader = appServiceHeader
        configuration.hasSystemIdentity = !noSystemIdentity
        configuration.behaviour.pages = pages
        configuration.behaviour.pendingPolls = pendingPolls
        if let tokenLifetime { configuration.behaviour.tokenLifetimeSeconds = tokenLifetime }
        // Whoever waits for the file must not find that of an earlier run.
        if let readyFile { unsafe unlink(readyFile) }
        let emulator: Emulator
        do {
            // Before the ports are bound: a signal that comes early must not be lost.
            let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
            emulator = try await Emulator.start(configuration)
            try announce(emulator.endpoints)
            await stopSignal(signals, emulator)
        } catch let error as EmulatorError {
            throw CommandError(error.description)
        }
        await emulator.stop()
    }

    /// Returns when there is a reason to stop.
    private func stopSignal(_ signals: UnixSignalsSequence, _ emulator: Emulator) async {
        let input = exitWithParent ? InputEnd() : nil
        let inputStream = input?.stream
        defer { withExtendedLifetime(input) {} }
        await withTaskGroup { group in
            group.addTask { for await _ in signals { return } }
            group.addTask { await emulator.waitForShutdownRequest() }
            if let inputStream { group.addTask { for await _ in inputStream {} } }
            await group.next()
            group.cancelAll()
        }
    }

    private func announce(_ endpoints: EmulatorEndpoints) throws {
        print(
            """
            vaults     \(endpoints.vaultURL("NAME"))
            authority  \(endpoints.authorityHost)
            identity   \(endpoints.identityEndpoint)
            admin      \(endpoints.adminURL)
            CA         \(endpoints.caFile)
            """
        )
        // Standard output is a pipe where a script waits for these lines.
        fflush(nil)
        guard let readyFile else { return }
        do {
            // Beside its place and renamed, so that whoever waits for it reads it whole.
            try JSONEncoder().encode(endpoints).write(
                to: URL(filePath: readyFile),
                options: .atomic
            )
        } catch {
            throw CommandError("write \(readyFile): \(error)")
        }
    }
}

extension EmulatorBehaviour.Pages: ExpressibleByArgument {}

/// Tells the end of standard input, for as long as it lives.
private struct InputEnd {
    /// Ends when the input does.
    let stream: AsyncStream<Void>
    private let source: any DispatchSourceRead

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let source = DispatchSource.makeReadSource(fileDescriptor: STDIN_FILENO)
        source.setEventHandler {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = unsafe buffer.withUnsafeMutableBytes { memory in
                unsafe read(STDIN_FILENO, memory.baseAddress, memory.count)
            }
            if count <= 0 { continuation.finish() }
        }
        source.activate()
        self.stream = stream
        self.source = source
    }
}
