import PKI
import Testing

@testable import Agent

@Suite("The kernel's table of sockets")
struct SocketTableTests {
    private static let head =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

    @Test(
        "Addresses are read in the order of the network",
        arguments: [
            ("0100007F:01BB", "127.0.0.1", 443, "127.0.0.1:443"),
            ("00000000:1F90", "0.0.0.0", 8080, "127.0.0.1:8080"),
            ("00000000000000000000000000000000:0019", "::", 25, "[::1]:25"),
            ("00000000000000000000000001000000:0019", "::1", 25, "[::1]:25"),
            (
                "0000000000000000FFFF00000100007F:0050", "::ffff:127.0.0.1", 80,
                "[::ffff:127.0.0.1]:80"
            ),
            ("B80D0120000000000000000001000000:01BB", "2001:db8::1", 443, "[2001:db8::1]:443"),
        ]
    )
    func addresses(local: String, address: String, port: UInt16, endpoint: String) {
        let line = "   0: \(local) 00000000:0000 0A 0:0 00:0 0     0        0 4711 1 0 100\n"
        let found = SocketTable.parse(Self.head + line)
        #expect(found == [Listener(address: address, port: port, inode: 4711)])
        #expect(found.first?.endpoint.description == endpoint)
    }

    @Test("A connection and a line that is none are no listeners")
    func others() {
        let table = """
            \(Self.head)\
               1: 0100007F:01BB 0100007F:A1B2 01 0:0 00:0 0     0        0 12 1 0 100
               2: nonsense
               3: 01:01 0 0A 0 0 0 0 0 7 0
            """
        #expect(SocketTable.parse(table).isEmpty)
    }
}
