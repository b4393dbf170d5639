import HTTP
import TestSupport
import Testing

@Suite("Trust in TLS servers", .timeLimit(.minutes(15)))
struct TrustTests {
    private func failure(of url: String, trusting bundle: String?) async -> HTTPError? {
        let client = HTTPClient(caBundle: bundle)
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, url))
        }
        #expect(error?.kind == .tls)
        return error
    }

    @Test("A certificate for another name is refused")
    func wrongName() async throws {
        let nginx = try Nginx(locations: "return 200;", names: ["DNS:other.localhost"])
        let name = "localhost:\(nginx.port)"
        let error = await failure(of: "https://\(name)/", trusting: nginx.caBundle)
        let prefix = "verify the certificate of \(name): no alternative certificate subject name"
        #expect(error?.description.hasPrefix(prefix) == true)
    }

    @Test("An expired certificate is refused")
    func expired() async throws {
        let nginx = try Nginx(locations: "return 200;", isExpired: true)
        let name = "localhost:\(nginx.port)"
        let error = await failure(of: "https://\(name)/", trusting: nginx.caBundle)
        #expect(
            error?.description == "verify the certificate of \(name): certificate has expired"
        )
    }

    @Test("An authority that the system doesn't know is refused")
    func unknownAuthority() async throws {
        let nginx = try Nginx(locations: "return 200;")
        let name = "localhost:\(nginx.port)"
        let error = await failure(of: "https://\(name)/", trusting: nil)
        let prefix = "verify the certificate of \(name): "
        #expect(error?.description.hasPrefix(prefix) == true)
    }

    @Test("With a bundle, only its authorities are trusted")
    func otherAuthority() async throws {
        let nginx = try Nginx(locations: "return 200;")
        let other = try Nginx(locations: "return 200;")
        _ = await failure(of: "https://localhost:\(nginx.port)/", trusting: other.caBundle)
    }

    @Test("A bundle that is not there is named")
    func missingBundle() async throws {
        let nginx = try Nginx(locations: "return 200;")
        let error = await failure(
            of: "https://localhost:\(nginx.port)/",
            trusting: "/nonexistent/bundle.pem"
        )
        #expect(error?.description.contains("/nonexistent/bundle.pem") == true)
    }

    @Test("TLS 1.1 is refused, 1.2 is enough")
    func oldProtocol() async throws {
        let old = try Nginx(locations: "return 200;", protocols: "TLSv1 TLSv1.1")
        _ = await failure(of: "https://localhost:\(old.port)/", trusting: old.caBundle)

        let current = try Nginx(locations: "return 200;", protocols: "TLSv1.2")
        let client = HTTPClient(caBundle: current.caBundle)
        let url = "https://localhost:\(current.port)/"
        #expect(try await client.send(HTTPRequest(.get, url)).status == 200)
    }

    @Test("A server that speaks no TLS fails the handshake")
    func noTLS() async throws {
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        }
        let error = await failure(of: "https://localhost:\(server.port)/", trusting: nil)
        #expect(error?.description.hasPrefix("agree on TLS with localhost:") == true)
    }
}
