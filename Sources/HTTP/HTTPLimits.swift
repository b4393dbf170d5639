/// How long a request may take and how much it may answer.
///
/// All of them are enforced while the answer arrives, so a server that never ends costs neither
/// time nor memory beyond them.
package struct HTTPLimits: Sendable, Hashable {
    /// From the start to an established connection, TLS included.
    package var connect: Duration
    /// From the start to the last byte of the answer.
    package var total: Duration
    /// The longest silence; libcurl counts it in whole seconds, at least one.
    package var stall: Duration
    package var bodyBytes: Int
    /// All status and field lines together.
    package var headerBytes: Int

    package init(
        connect: Duration,
        total: Duration,
        stall: Duration,
        bodyBytes: Int,
        headerBytes: Int
    ) {
        self.connect = connect
        self.total = total
        self.stall = stall
        self.bodyBytes = bodyBytes
        self.headerBytes = headerBytes
    }

    /// For a service across the internet.
    package static let standard = HTTPLimits(
        connect: .seconds(10),
        total: .seconds(60),
        stall: .seconds(20),
        bodyBytes: 1 << 20,
        headerBytes: 64 << 10
    )

    /// For an identity endpoint, which is on this machine or not there at all.
    ///
    /// Two seconds to connect are what Microsoft's own libraries give it.
    package static let identity = HTTPLimits(
        connect: .seconds(2),
        total: .seconds(15),
        stall: .seconds(10),
        bodyBytes: 64 << 10,
        headerBytes: 16 << 10
    )
}
