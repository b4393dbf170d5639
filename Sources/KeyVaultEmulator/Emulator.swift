import FoundationEssentials
import HummingbirdHTTP2
import Locking
import PKI
import Sensitive

/// A stand-in for Azure Key Vault, for the authority that issues tokens (Entra ID) and for the
/// identity endpoint of a virtual machine (IMDS), on loopback, over real TLS and HTTP/2.
///
/// Vaults are `https://NAME.vault.localhost:PORT`; any name is a vault. Nothing here is meant to
/// guard anything: it is for tests and demonstrations.
package final class Emulator: Sendable {
    /// Where it is reached.
    package let endpoints: EmulatorEndpoints

    let cloud: EmulatedCloud
    private let folder: StateFolder
    private let lock: Locked<FolderLock?>
    private let listeners: [Listener]
    private let shutdown: Shutdown

    /// Starts an emulator on the state of an earlier one, or on none.
    ///
    /// It serves when this returns, until `stop`.
    package static func start(_ configuration: EmulatorConfiguration) async throws -> Emulator {
        let folder = try StateFolder(path: configuration.stateDirectory)
        let lock = try FolderLock(in: folder)
        folder.removeLeftovers()
        let cloud = try EmulatedCloud(configuration: configuration, folder: folder)
        let shutdown = Shutdown()
        let known = Locked<EmulatorEndpoints?>(nil)
        let admin = AdminService(
            cloud: cloud,
            endpoints: { known.withLock { $0 } },
            shutDown: { shutdown.request() }
        )
        let vaults = VaultService(cloud: cloud)
        let authority = AuthorityService(cloud: cloud)
        let identity = IdentityService(cloud: cloud)
        let listeners = try await Listener.open([
            .init(
                port: configuration.vaultPort,
                tls: try serverTLS(cloud.maker.authority),
                log: cloud.log,
                service: { exchange in
                    exchange.host == AuthorityService.host
                        ? await authority.respond(to: exchange)
                        : await vaults.respond(to: exchange)
                }
            ),
            .init(
                port: configuration.identityPort,
                service: { await identity.respond(to: $0) }
            ),
            .init(port: configuration.adminPort, service: { await admin.respond(to: $0) }),
        ])
        let endpoints = EmulatorEndpoints(
            vaultPort: listeners[0].port,
            identityPort: listeners[1].port,
            adminPort: listeners[2].port,
            caFile: URL(filePath: folder.path).appending(path: AuthorityFiles.clientFile).path
        )
        known.withLock { $0 = endpoints }
        let emulator = Emulator(
            endpoints: endpoints,
            cloud: cloud,
            folder: folder,
            lock: lock,
            listeners: listeners,
            shutdown: shutdown
        )
        do {
            try folder.write(try JSONEncoder().encode(endpoints), to: EmulatorEndpoints.fileName)
        } catch {
            await emulator.stop()
            throw error
        }
        return emulator
    }

    private init(
        endpoints: EmulatorEndpoints,
        cloud: EmulatedCloud,
        folder: StateFolder,
        lock: FolderLock,
        listeners: [Listener],
        shutdown: Shutdown
    ) {
        self.endpoints = endpoints
        self.cloud = cloud
        self.folder = folder
        self.lock = Locked(lock)
        self.listeners = listeners
        self.shutdown = shutdown
    }

    /// Ends it at once, with the connections that are open, and lets go of the state folder.
    package func stop() async {
        for listener in listeners { await listener.stop() }
        folder.remove(EmulatorEndpoints.fileName)
        lock.withLock { $0 = nil }
    }

    /// Returns when the administration has been asked to shut the emulator down, or at cancellation.
    package func waitForShutdownRequest() async {
        await shutdown.wait()
    }

    /// A certificate for every name that the TLS listener answers to, from the emulator's own
    /// authority; new at each start, as clients know the authority alone.
    private static func serverTLS(_ authority: CertificateAuthority) throws -> TLSConfiguration {
        let now = Date()
        let issued = try authority.issue(
            CertificateRequest(
                subject: "CN=vault.localhost",
                dnsNames: [
                    "vault.localhost", "*.vault.localhost", "login.localhost", "localhost",
                    "127.0.0.1",
                ],
                algorithm: .p256,
                notBefore: now - 3600,
                notAfter: now + 86_400 * 397
            )
        )
        let chain = [issued.certificateDER] + issued.chainDER.dropLast()
        let key = issued.key.pem.withBytes { span in span.indices.map { span[$0] } }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try chain.map { bytes in
                .certificate(try NIOSSLCertificate(bytes: bytes, format: .der))
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: key, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }
}
