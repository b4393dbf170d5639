import PKI

/// A TCP socket of this machine that takes connections.
struct Listener: Sendable, Hashable {
    /// As `ss -l` shows it; `0.0.0.0` and `::` stand for every address.
    let address: String
    let port: UInt16

    /// What names the socket below `/proc/PID/fd`.
    let inode: UInt64

    /// Where to connect to, from this machine.
    var endpoint: TLSEndpoint {
        switch address {
        case "0.0.0.0": TLSEndpoint(host: "127.0.0.1", port: port)
        case "::": TLSEndpoint(host: "::1", port: port)
        default: TLSEndpoint(host: address, port: port)
        }
    }
}
