import PKI
import TestSupport
import Testing

@Suite("STARTTLS")
struct StartTLSTests {
    /// What a server that goes over to TLS says and hears before.
    private static func welcome(_ startTLS: StartTLS, _ connection: ScriptedConnection) -> Bool {
        switch startTLS {
        case .smtp:
            connection.send("220-mail.example ESMTP\r\n220 at your service\r\n")
            guard connection.nextLine()?.hasPrefix("EHLO ") == true else { return false }
            connection.send("250-mail.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n")
            guard connection.nextLine() == "STARTTLS" else { return false }
            return connection.send("220 2.0.0 Ready to start TLS\r\n")
        case .imap:
            connection.send("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n")
            guard let words = connection.nextLine()?.split(separator: " "), words.count == 2,
                words[1] == "STARTTLS"
            else { return false }
            return connection.send("* CAPABILITY IMAP4rev1\r\n\(words[0]) OK begin\r\n")
        case .postgres:
            guard connection.next(8) == [0, 0, 0, 8, 4, 210, 22, 47] else { return false }
            return connection.send("S")
        case .ldap:
            let request =
                [0x30, 0x1D, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16]
                + Array("1.3.6.1.4.1.1466.20037".utf8)
            guard connection.next(31) == request else { return false }
            // As slapd sends it, with a response name.
            return connection.send(
                [0x30, 0x24, 0x02, 0x01, 0x01, 0x78, 0x1F, 0x0A, 0x01, 0x00, 0x04, 0x00, 0x04]
                    + [0x00, 0x8A, 0x16] + Array("1.3.6.1.4.1.1466.20037".utf8)
            )
        }
    }

    private func server(_ startTLS: StartTLS, at port: UInt16) -> TLSServer {
        TLSServer(endpoint: TLSEndpoint(host: "127.0.0.1", port: port), startTLS: startTLS)
    }

    @Test("After the word in the clear the leaf is shown", arguments: StartTLS.allCases)
    func welcomed(startTLS: StartTLS) async throws {
        let tls = try await TLSTestServer()
        let port = tls.port
        let front = try ScriptedServer { connection in
            if Self.welcome(startTLS, connection) { connection.relay(to: port) }
        }
        let leaf = try await server(startTLS, at: front.port).leaf(within: .seconds(20)).get()
        #expect(leaf.sha256 == tls.sha256)
    }

    @Test(
        "A server that will not is quoted",
        arguments: [
            (.smtp, "554 go away\r\n", "it answered \"554 go away\""),
            (
                .smtp, "220 hello\r\n250 mail\r\n454 not now \u{1B}[2J\r\n",
                "it answered \"454 not now ?[2J\""
            ),
            (.imap, "* BYE busy\r\n", "it answered \"* BYE busy\""),
            (.imap, "* OK\r\na BAD no TLS\r\n", "it answered \"a BAD no TLS\""),
            (.postgres, "N", "it has TLS turned off"),
            (.postgres, "E", "it answered \"E\""),
            (.ldap, "HTTP/1.1 400\r\n", "it does not answer in LDAP"),
            (
                .ldap, "0\u{C}\u{2}\u{1}\u{1}x\u{7}\u{A}\u{1}\u{2}\u{4}\0\u{4}\0",
                "it refused with LDAP result 2"
            ),
        ] as [(StartTLS, String, String)]
    )
    func refused(startTLS: StartTLS, answer: String, cause: String) async throws {
        let front = try ScriptedServer { connection in
            connection.send(answer)
            connection.waitForEnd()
        }
        let result = await server(startTLS, at: front.port).leaf(within: .seconds(20))
        let error = try #require(result.failure)
        #expect(error.step == .startTLS && error.cause == cause)
        #expect(error.description.hasPrefix("STARTTLS with \(startTLS.rawValue) on 127.0.0.1:"))
    }

    @Test("An answer without end is given up, whatever the time", arguments: StartTLS.allCases)
    func endless(startTLS: StartTLS) async throws {
        let front = try ScriptedServer { connection in
            switch startTLS {
            case .smtp: while connection.send("220-\(String(repeating: "x", count: 99))\r\n") {}
            case .imap:
                connection.send("* OK\r\n")
                while connection.send("* \(String(repeating: "x", count: 4000))") {}
            case .postgres: while connection.send("xxxxxxxxxxxxxxxx") {}
            case .ldap: while connection.send([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF]) {}
            }
        }
        let begin = ContinuousClock.now
        let result = await server(startTLS, at: front.port).leaf(within: .seconds(60))
        let error = try #require(result.failure)
        #expect(error.step == .startTLS && !error.isTimeOut)
        #expect(.now - begin < .seconds(30))
    }

    @Test("A greeting that doesn't come ends with the time", arguments: StartTLS.allCases)
    func silent(startTLS: StartTLS) async throws {
        let front = try ScriptedServer { $0.waitForEnd() }
        let result = await server(startTLS, at: front.port).leaf(within: .seconds(1))
        #expect(try #require(result.failure).isTimeOut)
    }

    @Test("What is slipped in before TLS fails the handshake")
    func injected() async throws {
        let tls = try await TLSTestServer()
        let port = tls.port
        let front = try ScriptedServer { connection in
            guard Self.welcome(.smtp, connection) else { return }
            connection.send("250 slipped in\r\n")
            connection.relay(to: port)
        }
        let result = await server(.smtp, at: front.port).leaf(within: .seconds(20))
        #expect(try #require(result.failure).step == .handshake)
    }
}
