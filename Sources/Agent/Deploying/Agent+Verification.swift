import Foundation
import History
import Logging
import PKI
import Store
import SystemPackage

extension Agent {
    /// What a look may take beyond its timeout.
    private static let verificationGrace: Duration = .seconds(5)

    /// Looks at all the servers at once.
    ///
    /// - Returns: One run for each order, in their order.
    func verify(_ orders: [VerificationOrder]) async -> [VerificationRun] {
        guard let longest = orders.map(\.verification.timeout).max() else { return [] }
        let limit = longest + Self.verificationGrace
        return await heartbeat.vouching(for: limit, isChange: true) {
            await withTaskGroup(of: (Int, VerificationRun).self) { group in
                for (index, order) in orders.enumerated() {
                    group.addTask { (index, await verify(order)) }
                }
                var runs: [Int: VerificationRun] = [:]
                for await (index, run) in group { runs[index] = run }
                return orders.indices.compactMap { runs[$0] }
            }
        }
    }

    private func verify(_ order: VerificationOrder) async -> VerificationRun {
        let verification = order.verification
        let startedAt = Date()
        let begin = ContinuousClock.now
        let subject = verification.subject
        let certificate = order.certificate
        guard
            let expected = store(of: certificate).leaf(of: certificate.name, order.version)
        else {
            return VerificationRun(
                verification: verification,
                startedAt: startedAt,
                duration: .now - begin,
                outcome: .notServed,
                finding:
                    "\(subject): what version \(order.version) is can't be told: its cert.pem can't be read"
            )
        }
        let server = verification.server(for: expected.dnsNames)
        let result = await server.leaf(awaiting: expected.sha256, within: verification.timeout)
        let wanted = "version \(order.version), thumbprint \(expected.thumbprint)"
        var outcome = VerificationOutcome.notServed
        let finding: String
        switch result {
        case .success(let leaf) where leaf.sha256 == expected.sha256:
            outcome = .served
            finding = "\(subject) serves \(wanted)"
        case .success(let leaf):
            finding =
                "\(subject) serves \(description(of: leaf, seenFor: certificate)), not \(wanted)"
        case .failure(let error):
            if error.step == .connect, order.isFirstVersion { outcome = .notYet }
            finding = "\(error); expected \(wanted)"
        }
        return VerificationRun(
            verification: verification,
            startedAt: startedAt,
            duration: .now - begin,
            outcome: outcome,
            finding: finding
        )
    }

    /// A leaf in words: which version of which certificate it is, where the history knows it.
    private func description(
        of leaf: CertificateFacts,
        seenFor certificate: ObservedCertificate
    ) -> String {
        let names = [certificate.name] + settings.certificates.map(\.name)
        for name in names {
            // Without the history the thumbprint alone must do.
            let versions = (try? history.versions(of: name)) ?? []
            guard let known = versions.first(where: { $0.sha256 == leaf.sha256 }) else { continue }
            let whose = name == certificate.name ? "" : " of certificate \"\(name)\""
            return "version \(known.version)\(whose), thumbprint \(leaf.thumbprint)"
        }
        return "an unknown certificate (\(leaf.subject)), thumbprint \(leaf.thumbprint)"
    }

    /// Logs a server that does not serve what it should.
    func log(_ run: VerificationRun, of certificate: String) {
        let metadata: Logger.Metadata = [
            "certificate": "\(certificate)", "verification": "\(run.verification.name)",
            "error": "\(run.finding)",
        ]
        switch run.outcome {
        case .served: return
        case .notServed: logger.warning(.notable(.notServed), metadata: metadata)
        case .notYet: logger.notice("no server to verify yet", metadata: metadata)
        }
    }
}

extension CertificateStore {
    /// The facts of a version's leaf, from the file that servers read.
    ///
    /// Nil where that can't be read: whoever needs it says so, and no reason is needed to mend it.
    func leaf(of certificate: String, _ version: String) -> CertificateFacts? {
        let file = versionDirectory(of: certificate, version: version).appending("cert.pem")
        return (try? String(contentsOfFile: file.string, encoding: .utf8))
            .flatMap { try? CertificateFacts(pem: $0) }
    }
}
