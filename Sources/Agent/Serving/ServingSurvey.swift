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
    private let warnings: [String]

    /// - Parameters:
    ///   - settings: What is ours.
    ///   - history: Nil where there is none, or none that this user may read.
    ///   - timeout: How long one handshake may take.
    ///   - warnings: What else could not be seen.
    /// - Throws: `HistoryError`.
    package init(
        _ settings: Settings,
        history: History?,
        timeout: Duration,
        warnings: [String]
    ) throws {
        known = try KnownLeaves(settings, history: history)
        var startTLS = Self.usualStartTLS
        for verification in settings.certificates.flatMap(\.verifications) {
            startTLS[verification.endpoint.port] = verification.startTLS
        }
        self.startTLS = startTLS
        self.timeout = timeout
        self.warnings = warnings
    }

    /// Looks at all of them.
    package func report() async -> ServingReport {
        let listeners = SocketTable.listeners()
        let owners = SocketOwners(of: Set(listeners.map(\.inode)))
        let leaves = await leaves(of: listeners)
        var warnings = warnings
        let found = listeners.enumerated().compactMap { index, listener -> ServingListener? in
            guard let leaves = leaves[index], !leaves.isEmpty else { return nil }
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
        return ServingReport(listeners: found, warnings: warnings)
    }

    private func leaves(of listeners: [Listener]) async -> [Int: [ServedLeaf]] {
        await withTaskGroup(of: (Int, [ServedLeaf]).self) { group in
            var results: [Int: [ServedLeaf]] = [:]
            for (index, listener) in listeners.enumerated() {
                if index >= Self.mostAtOnce, let (done, leaves) = await group.next() {
                    results[done] = leaves
                }
                group.addTask { (index, await leaves(of: listener)) }
            }
            for await (done, leaves) in group { results[done] = leaves }
            return results
        }
    }

    /// What one listener shows, without a name first: who doesn't speak TLS then is not asked again.
    private func leaves(of listener: Listener) async -> [ServedLeaf] {
        var leaves: [ServedLeaf] = []
        switch await look(at: listener, for: nil) {
        case .success(let leaf): note(leaf, for: nil, in: &leaves)
        case .failure(let error):
            guard error.isRefusal else { return [] }
        }
        for name in known.serverNames {
            // A name that it refuses is none of its own.
            guard case .success(let leaf) = await look(at: listener, for: name) else { continue }
            note(leaf, for: name, in: &leaves)
        }
        return leaves
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
