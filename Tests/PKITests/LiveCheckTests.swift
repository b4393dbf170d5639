import PKI
import Synchronization
import TestSupport
import Testing

@Suite("What a server shows")
struct LiveCheckTests {
    @Test("The leaf is that of the server, by address and by name")
    func plain() async throws {
        let server = try await TLSTestServer()
        for host in ["127.0.0.1", "localhost"] {
            let leaf = try await server.server(host).leaf(within: .seconds(20)).get()
            #expect(leaf.sha256 == server.sha256)
        }
    }

    @Test("IPv6 works too")
    func version6() async throws {
        let server = try await TLSTestServer(host: "[::1]")
        let leaf = try await server.server("::1").leaf(within: .seconds(20)).get()
        #expect(leaf.sha256 == server.sha256)
    }

    @Test("The server is asked for a name, but never for an address")
    func serverName() async throws {
        let server = try await TLSTestServer()
        let named = try await server.server(name: TLSTestServer.serverName)
            .leaf(within: .seconds(20)).get()
        #expect(named.sha256 == server.namedSHA256)
        // With -servername_fatal nothing else is let through; an address is not sent.
        let strict = try await TLSTestServer(["-servername_fatal"])
        let leaf = try await strict.server(name: "127.0.0.1").leaf(within: .seconds(20)).get()
        #expect(leaf.sha256 == strict.sha256)
        let refused = await strict.server(name: "other.example").leaf(within: .seconds(20))
        let error = try #require(refused.failure)
        #expect(error.step == .handshake && error.isRefusal && !error.isTimeOut)
    }

    @Test(
        "A server that wants a certificate of its client has shown its own",
        arguments: ["2", "3"]
    )
    func clientCertificate(version: String) async throws {
        let server = try await TLSTestServer(["-tls1_\(version)", "-Verify", "1"])
        let leaf = try await server.server().leaf(within: .seconds(20)).get()
        #expect(leaf.sha256 == server.sha256)
    }

    @Test("Old protocols and weak ciphers do not hide a certificate")
    func old() async throws {
        let server = try await TLSTestServer(["-tls1", "-cipher", "ALL:@SECLEVEL=0"])
        let leaf = try await server.server().leaf(within: .seconds(20)).get()
        #expect(leaf.sha256 == server.sha256)
    }

    @Test("It looks again until the leaf is there that it waits for")
    func awaiting() async throws {
        let old = try await TLSTestServer()
        let new = try await TLSTestServer()
        let count = Mutex(0)
        let (oldPort, newPort) = (old.port, new.port)
        let front = try ScriptedServer { connection in
            let number = count.withLock {
                $0 += 1; return $0
            }
            connection.relay(to: number < 4 ? oldPort : newPort)
        }
        let server = TLSServer(endpoint: TLSEndpoint(host: "127.0.0.1", port: front.port))
        let leaf = try await server.leaf(awaiting: new.sha256, within: .seconds(60)).get()
        #expect(leaf.sha256 == new.sha256)
        #expect(count.withLock { $0 } == 4)

        let other = try await server.leaf(awaiting: old.sha256, within: .seconds(1)).get()
        #expect(other.sha256 == new.sha256)
    }

    @Test("What hinders is named: nobody there, no TLS, a name that doesn't exist")
    func errors() async throws {
        let port = try ListeningSocket.closedPort()
        let nobody = TLSServer(endpoint: TLSEndpoint(host: "127.0.0.1", port: port))
        #expect(
            "\(try #require(await nobody.leaf(within: .seconds(20)).failure))"
                == "connect to 127.0.0.1:\(port): Connection refused"
        )
        let chatty = try ScriptedServer {
            $0.send("SSH-2.0-OpenSSH_9.2p1\r\n"); $0.waitForEnd()
        }
        let plain = TLSServer(endpoint: TLSEndpoint(host: "127.0.0.1", port: chatty.port))
        let error = try #require(await plain.leaf(within: .seconds(20)).failure)
        #expect(error.step == .handshake && !error.isRefusal)
        #expect(error.description.hasPrefix("TLS handshake with 127.0.0.1:\(chatty.port): "))
        let absent = TLSServer(endpoint: TLSEndpoint(host: "absent.invalid", port: 443))
        #expect(await absent.leaf(within: .seconds(20)).failure?.step == .resolve)
    }

    @Test("A server that hangs up or says nothing ends within the time", arguments: [true, false])
    func silent(isClosing: Bool) async throws {
        let front = try ScriptedServer { if !isClosing { $0.waitForEnd() } }
        let server = TLSServer(endpoint: TLSEndpoint(host: "127.0.0.1", port: front.port))
        let begin = ContinuousClock.now
        let error = try #require(await server.leaf(within: .seconds(1)).failure)
        #expect(.now - begin < .seconds(120))
        #expect(error.isTimeOut != isClosing)
    }

    @Test(
        "An endpoint is a host and a port",
        arguments: [
            ("127.0.0.1:443", "127.0.0.1:443"), ("www.contoso.com:8443", "www.contoso.com:8443"),
            ("[::1]:443", "[::1]:443"), ("::1:443", nil), ("[127.0.0.1]:443", nil),
            ("127.0.0.1", nil), (":443", nil), ("host:0", nil), ("host:65536", nil),
            ("host:+1", nil), ("a b:1", nil), ("https://host:443", nil), ("host:443/", nil),
            ("", nil),
        ] as [(String, String?)]
    )
    func endpoints(text: String, description: String?) {
        #expect(TLSEndpoint(text)?.description == description)
    }
}

extension Result {
    var failure: Failure? { if case .failure(let error) = self { error } else { nil } }
}
