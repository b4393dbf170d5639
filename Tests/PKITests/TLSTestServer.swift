import Foundation
import PKI
import Sensitive
import TestSupport

/// `openssl s_server` with certificates of the test's own.
final class TLSTestServer: Sendable {
    let port: UInt16

    /// The SHA-256 of what it shows: by default, and for its server name.
    let sha256: String
    let namedSHA256: String
    static let serverName = "named.example"

    private let openssl: OpenSSLCommand
    private let process: ChildProcess

    /// Starts it, and returns once it listens.
    init(_ options: [String] = [], host: String = "127.0.0.1") async throws {
        openssl = try OpenSSLCommand()
        let authority = try CertificateAuthority.create(named: "Contoso")
        var digests: [String] = []
        for name in ["default", "named"] {
            let issued = try authority.issue(
                Samples.request("CN=\(name)", dnsNames: ["\(name).example"])
            )
            try openssl.write(
                encodePEM(certificates: [issued.certificateDER]).utf8,
                to: "\(name).pem"
            )
            try openssl.write(issued.key.pem.bytes, to: "\(name).key")
            digests.append(try CertificateFacts(der: issued.certificateDER).sha256)
        }
        (sha256, namedSHA256) = (digests[0], digests[1])
        // Taken and released: s_server can't be handed a socket.
        let socket = try ListeningSocket(isListening: false)
        port = socket.port
        close(socket.descriptor)
        process = try ChildProcess(
            [
                "/usr/bin/timeout", "120", "/usr/bin/openssl", "s_server", "-accept",
                "\(host):\(port)", "-quiet", "-cert", openssl.path("default.pem"), "-key",
                openssl.path("default.key"), "-servername", Self.serverName, "-cert2",
                openssl.path("named.pem"), "-key2", openssl.path("named.key"),
            ] + options
        )
        let server = TLSServer(
            endpoint: TLSEndpoint(host: host.filter { $0 != "[" && $0 != "]" }, port: port)
        )
        let isListening = await waitUntil {
            if case .failure(let error) = await server.leaf(within: .seconds(5)),
                error.step == .connect
            {
                false
            } else {
                true
            }
        }
        guard isListening else { throw ServerError("openssl s_server doesn't listen") }
    }

    func server(
        _ host: String = "127.0.0.1",
        name: String? = nil
    ) -> TLSServer {
        TLSServer(endpoint: TLSEndpoint(host: host, port: port), serverName: name)
    }
}
