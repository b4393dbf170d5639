import Foundation
import PKI

/// Where in an interval a host polls, so that a fleet's polls spread over all of it.
///
/// It is reckoned from the host's identity, not drawn by chance: a restart changes nothing, and an
/// operator can see the same times every day.
package struct Splay: Sendable, Hashable {
    private let host: String

    /// - Parameter host: What tells this host from every other.
    package init(host: String) {
        self.host = host
    }

    /// That of this machine.
    ///
    /// machine-id(5) asks not to show the id to others, hence the hash. The host's name is in it
    /// as well, since machines that were cloned with their id would poll as one; where there is no
    /// id, it is all there is.
    package static func ofThisHost() -> Splay {
        let id = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
        let name = ProcessInfo.processInfo.hostName
        return Splay(
            host: [id?.trimmingCharacters(in: .whitespacesAndNewlines), name]
                .compactMap(\.self).joined(separator: " ")
        )
    }

    /// Where in each interval the host polls: from 0 to less than 1.
    ///
    /// One point for all of its certificates, so that one pass, and one list, serves them all.
    package var phase: Double { fraction("polls") }

    /// Where in the time for the first polls after a start that of one certificate comes.
    package func start(of certificate: String) -> Double { fraction("start \(certificate)") }

    /// Where in the cycle of single polls between lists a certificate begins.
    package func cycle(of certificate: String) -> Double { fraction("cycle \(certificate)") }

    private func fraction(_ purpose: String) -> Double {
        let digest = sha256(Array("kvagent \(host) \(purpose)".utf8))
        // As many bits as a Double between 0 and 1 has.
        let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 11
        return Double(bits) / Double(1 << 53)
    }
}
