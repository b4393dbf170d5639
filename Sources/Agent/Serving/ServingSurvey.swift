import History
import PKI

/// A look at every listener of this machine.
package struct ServingSurvey: Sendable {
    /// How many listeners are looked at together; each look has a thread.
    private static let mostAtOnce = 16

    /// Where TLS begins after a word in the clear, by IANA's ports.
    private static let usualStartTLS: [UInt16: StartTLS] = [
        25: .smtp, 587: .smtp, 143: .imap, 389: .ldap, 5432: .postgres,
    ]

    private let known: KnownLeaves
    private let startTLS: [UInt16: StartTLS]
    private let timeout: Duration
    private let ports: [UInt16]
    private let warnings: [String]

    /// - Parameters:
    ///   - settings: What is ours.
    ///   - history: Nil where there is none, or none that this user may read.
    ///   - timeout: How long one handshake may take.
    ///   - ports: The only ones to look at; empty for all.
    ///   - warnings: What else could not be seen.
    /// - Throws: `HistoryError`.
    package init(
        _ settings: Settings,
        history: History?,
        timeout: Duration,
        ports: [UInt16] = [],
        warnings: [String]
    ) throws {
        known = try KnownLeaves(settings, history: history)
        var startTLS = Self.usualStartTLS
        for verification in settings.certificates.flatMap(\.verifications) {
            startTLS[verification.endpoint.port] = verification.startTLS
        }
        self.startTLS = startTLS
        self.timeout = timeout
        self.ports = ports
        self.warnings = warnings
    }

    /// Looks at all of them.
    package func report() async -> ServingReport {
        let listeners = SocketTable.listeners().filter { ports.isEmpty || ports.contains($0.port) }
        let owners = SocketOwners(of: Set(listeners.map(\.inode)))
        let looks = await looks(at: listeners)
        var warnings = warnings
        let found = listeners.enumerated().compactMap { index, listener -> ServingListener? in
            guard let leaves = looks[index]?.leaves, !leaves.isEmpty else { return nil }
            return ServingListener(
                address: listener.address,
                port: Int(listener.port),
                startTLS: startTLS[listener.port]?.rawValue,
                process: owners[listener.inode],
                certificates: leaves
            )
        }
        if !owners.isComplete, found.contains(where: { $0.process == nil }) {
            warnings.append("not every process can be seen; root sees who listens")
        }
        let silent = listeners.indices.filter { looks[$0]?.isSilent == true }
        if !silent.isEmpty {
            // It may be no TLS, or a server that is too busy: nobody can tell.
            let places = silent.map { "\(listeners[$0].endpoint)" }.joined(separator: ", ")
            warnings.append("no answer to a handshake in time from \(places)")
        }
        return ServingReport(listeners: found, warnings: warnings)
    }

    /// What was seen at one listener.
    private struct Look: Sendable {
        var leaves: [ServedLeaf] = []

        /// Whether some handshake was cut off by the time.
        var isSilent = false
    }

    private func looks(at listeners: [Listener]) async -> [Int: Look] {
        await withTaskGroup(of: (Int, Look).self) { group in
            var results: [Int: Look] = [:]
            for (index, listener) in listeners.enumerated() {
                if index >= Self.mostAtOnce, let (done, look) = await group.next() {
                    results[done] = look
                }
                group.addTask { (index, await looks(at: listener)) }
            }
            for await (done, look) in group { results[done] = look }
            return results
        }
    }

    /// What one listener shows, without a name first: who doesn't speak TLS then is not asked again.
    private func looks(at listener: Listener) async -> Look {
        var looks = Look()
        switch await look(at: listener, for: nil) {
        case .success(let leaf): note(leaf, for: nil, in: &looks.leaves)
        case .failure(let error):
            looks.isSilent = error.isTimeOut
            guard error.isRefusal else { return looks }
        }
        for name in known.serverNames {
            switch await look(at: listener, for: name) {
            case .success(let leaf): note(leaf, for: name, in: &looks.leaves)
            // A name that it refuses is none of its own.
            case .failure(let error): looks.isSilent = looks.isSilent || error.isTimeOut
            }
        }
        return looks
    }

    private func look(
        at listener: Listener,
        for name: String?
    ) async -> Result<CertificateFacts, HandshakeError> {
        await TLSServer(
            endpoint: listener.endpoint,
            serverName: name,
            startTLS: startTLS[listener.port]
        )
        .leaf(within: timeout)
    }

    private func note(_ leaf: CertificateFacts, for name: String?, in leaves: inout [ServedLeaf]) {
        let index: Int
        if let found = leaves.firstIndex(where: { $0.sha256 == leaf.sha256 }) {
            index = found
        } else {
            index = leaves.endIndex
            leaves.append(known.served(leaf))
        }
        if let name {
            leaves[index].serverNames.append(name)
        } else {
            leaves[index].isDefault = true
        }
    }
}
