import AzureIdentity
import Foundation
import HTTP
import KeyVaultEmulator
import PKI
import Sensitive
import SystemPackage
import TestSupport
import Testing

@Suite("Client certificate", .timeLimit(.minutes(15)))
struct ClientCertificateTests {
    private static let audience = "https://vault.localhost"
    private static let client = "1f2e3d4c-1111-2222-3333-444455556666"

    /// As the agent has it, with PKI.
    private static let reader: ClientCertificate.Reader = {
        (pem) throws(ClientCertificate.Problem) in
        do throws(CertificateError) {
            let certificate = try SigningCertificate(pem: pem)
            return ClientCertificate(
                chain: certificate.chainDER,
                sha256: sha256(certificate.chainDER[0]),
                sign: { (message) throws(ClientCertificate.Problem) in
                    do throws(CertificateError) {
                        return try certificate.signature(of: message)
                    } catch {
                        throw ClientCertificate.Problem(cause: error.description)
                    }
                }
            )
        } catch {
            throw ClientCertificate.Problem(cause: error.description)
        }
    }

    private static func request(_ algorithm: KeyAlgorithm = .rsa(bits: 2048)) -> CertificateRequest
    {
        CertificateRequest(
            subject: "CN=agent",
            dnsNames: [],
            algorithm: algorithm,
            notBefore: Date(timeIntervalSinceNow: -3600),
            notAfter: Date(timeIntervalSinceNow: 3600)
        )
    }

    private static func pem(_ issued: IssuedCertificate) -> String {
        let key = issued.key.pem.withBytes { span in span.indices.map { span[$0] } }
        return String(decoding: key, as: UTF8.self)
            + encodePEM(certificates: [issued.certificateDER] + issued.chainDER)
    }

    /// Asks for a token with the certificate of a file, where some are registered.
    private func outcome(
        _ text: String,
        registered: [RegisteredCertificate],
        sendsChain: Bool = false,
        mode: mode_t = 0o600,
        skew: TimeInterval = 0
    ) async throws -> (Result<AccessToken, any Error>, requests: Int) {
        try await withTemporaryDirectory { directory in
            var configuration = EmulatorConfiguration(
                stateDirectory: directory.appending("vault").string
            )
            configuration.clientCertificates = [Self.client: registered]
            let file = directory.appending("agent.pem")
            try writeFile(file, text, mode: mode)
            var outcome: Result<AccessToken, any Error> = .failure(CancellationError())
            var requests = 0
            try await withEmulator(configuration) { emulator in
                let cache = TokenCache(
                    http: HTTPClient(caBundle: emulator.endpoints.caFile),
                    surroundings: IdentitySurroundings(
                        environment: [:],
                        authorityHost: emulator.endpoints.authorityHost,
                        readCertificate: Self.reader
                    ),
                    policy: .instant,
                    now: { Date(timeIntervalSinceNow: skew) }
                )
                let credential = Credential.application(
                    Application(tenantID: emulator.endpoints.tenantID, clientID: Self.client),
                    .certificateFile(file.string, sendsChain: sendsChain)
                )
                do {
                    outcome = .success(
                        try await cache.token(for: Self.audience, using: credential)
                    )
                } catch {
                    outcome = .failure(error)
                }
                requests = await emulator.statistics().count(.token)
            }
            return (outcome, requests)
        }
    }

    private func failure(_ outcome: Result<AccessToken, any Error>) throws -> IdentityError {
        let error = try #require(throws: IdentityError.self) { try outcome.get() }
        #expect(!error.description.contains("eyJ"))
        #expect(!error.description.contains("BEGIN"))
        return error
    }

    @Test("A certificate that is registered gives a token, whether it shows its chain or not")
    func token() async throws {
        let issued = try CertificateAuthority.selfSigned(Self.request())
        for sendsChain in [false, true] {
            let (outcome, requests) = try await outcome(
                Self.pem(issued),
                registered: [.exact(issued.certificateDER)],
                sendsChain: sendsChain
            )
            #expect(throws: Never.self) { try outcome.get() }
            #expect(requests == 1)
        }
    }

    @Test("A certificate that is registered by its name and authority has to show its chain")
    func named() async throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let issued = try authority.issue(Self.request())
        let root = try #require(issued.chainDER.last)
        let registered = [RegisteredCertificate.named("agent", authority: root)]
        let (shown, _) = try await outcome(
            Self.pem(issued),
            registered: registered,
            sendsChain: true
        )
        #expect(throws: Never.self) { try shown.get() }
        let (hidden, _) = try await outcome(Self.pem(issued), registered: registered)
        let error = try failure(hidden)
        #expect(error.description.contains("AADSTS700027"))
        #expect(error.hint?.contains("sendCertificateChain: true") == true)
        let stranger = try CertificateAuthority.create(named: "Contoso").issue(Self.request())
        let (strange, _) = try await outcome(
            Self.pem(stranger),
            registered: registered,
            sendsChain: true
        )
        #expect(try failure(strange).description.contains("AADSTS700027"))
    }

    @Test("A certificate that is not registered is refused, and so is a wrong clock")
    func refused() async throws {
        let issued = try CertificateAuthority.selfSigned(Self.request())
        let other = try CertificateAuthority.selfSigned(Self.request())
        let (unknown, _) = try await outcome(
            Self.pem(issued),
            registered: [.exact(other.certificateDER)]
        )
        let error = try failure(unknown)
        #expect(error.kind == .refused)
        #expect(error.description.contains("AADSTS700027"))
        let (late, _) = try await outcome(
            Self.pem(issued),
            registered: [.exact(issued.certificateDER)],
            skew: -3600
        )
        let clock = try failure(late)
        #expect(clock.description.contains("AADSTS700024"))
        #expect(clock.hint?.contains("timedatectl") == true)
    }

    @Test("A file that is no certificate with its key is named, and nothing is sent")
    func unusable() async throws {
        let rsa = try CertificateAuthority.selfSigned(Self.request())
        let curve = try CertificateAuthority.selfSigned(Self.request(.p256))
        let certificate = encodePEM(certificates: [rsa.certificateDER])
        let cases: [(String, mode_t, String)] = [
            ("", 0o600, "empty"), (certificate, 0o600, "no private key"),
            (Self.pem(curve), 0o600, "PS256 needs an RSA key"),
            (Self.pem(curve) + certificate.prefix(100), 0o600, "unreadable PEM"),
            (Self.pem(rsa), 0o644, "readable by everybody"),
        ]
        for (text, mode, cause) in cases {
            let (outcome, requests) = try await outcome(
                text,
                registered: [.exact(rsa.certificateDER)],
                mode: mode
            )
            let error = try failure(outcome)
            #expect(error.description.contains("read client certificate "))
            #expect(error.description.contains(cause), "\(error)")
            #expect(requests == 0)
        }
    }
}
