import Agent
import Foundation
import History
import PKI
import Sensitive
import Store
import SystemPackage
import TestSupport

extension World {
    /// Where what is there differs from what the model says, in words; nil where nothing does.
    ///
    /// - Parameters:
    ///   - model: What should be there.
    ///   - isWhole: Whether to look at the whole ledger, and not only at its newest rows.
    /// - Returns: The first difference, with the certificate that has it.
    /// - Throws: What keeps history or store from being read.
    func disagreement(with model: Model, isWhole: Bool) throws -> String? {
        let report = try StatusReport(settings, history: agent.history, daemon: nil)
        for name in 0..<Model.count {
            let (seen, expected) = (
                try seen(name, report, limit: isWhole ? nil : Self.rows),
                expected(model, name, limit: isWhole ? .max : Self.rows)
            )
            for (seen, expected) in zip(seen, expected) where seen != expected {
                return "\(Step.name(name)): \(seen)\n   model: \(expected)"
            }
            guard model.certificates[name].isIntact else { continue }
            if let flaw = try flawOfTheLive(name) { return "\(Step.name(name)): \(flaw)" }
        }
        if isWhole, let fault = try agent.history.verify(digest: .sha256).fault {
            return "the ledger's chain: \(fault)"
        }
        return nil
    }

    /// How many of the newest rows are looked at after each step.
    private static let rows = 12

    /// Of how many of the newest versions it is asked whether they are refused.
    private static let newest = 3

    private func seen(
        _ name: Int,
        _ report: StatusReport,
        limit: Int?
    ) throws -> [String] {
        let history = agent.history
        let certificate = Step.name(name)
        let pin = try history.pin(of: certificate)
        let owed = try history.owedHooks(of: certificate)
        let stored = try store.versions(of: certificate)
        return [
            line("live", try store.currentVersion(of: certificate).map { number($0, name) }),
            line("state", report.certificates[name].state.rawValue),
            line(
                "pin",
                pin.map { "\(number($0.version, name)) \($0.holds(at: Date()))" }
            ),
            line("owed", owed.map { "\($0.phase) \(number($0.version, name))" }.sorted()),
            line(
                "refused",
                try versions[name].indices.suffix(limit == nil ? .max : Self.newest).filter {
                    try history.refusal(of: versions[name][$0], of: certificate) != nil
                }
            ),
            line("stored", stored.map { number($0, name) }.sorted()),
        ]
            + (try history.deployments(HistoryFilter(certificate: certificate, limit: limit))
                .reversed().map {
                    line(
                        "row",
                        number($0.version, name),
                        "after",
                        $0.previousVersion.map { number($0, name) },
                        $0.trigger.rawValue,
                        $0.outcome?.rawValue,
                        $0.hookRuns.map { "\($0.phase):\($0.exitCode ?? -1)" }
                    )
                }) + ["end"]
    }

    private func expected(_ model: Model, _ name: Int, limit: Int) -> [String] {
        let certificate = model.certificates[name]
        return [
            line("live", certificate.live),
            line("state", model.state(name).rawValue),
            line("pin", certificate.pin.map { "\($0.version) \(!$0.isOver)" }),
            line("owed", certificate.owed.map { "\($0.phase) \($0.version)" }.sorted()),
            line(
                "refused",
                certificate.refused.sorted().filter {
                    limit == .max || $0 >= certificate.vault.count - Self.newest
                }
            ),
            line("stored", certificate.stored.sorted()),
        ]
            + certificate.rows.suffix(limit).map {
                line(
                    "row",
                    $0.version,
                    "after",
                    $0.previous,
                    $0.trigger.rawValue,
                    $0.outcome?.rawValue,
                    $0.runs.map(\.description)
                )
            } + ["end"]
    }

    private func line(_ values: Any?...) -> String {
        values.map { $0.map { "\($0)" } ?? "none" }.joined(separator: " ")
    }

    var store: CertificateStore {
        CertificateStore(root: settings.certificates[0].storeLocation)
    }

    private func number(_ version: String, _ name: Int) -> Int {
        versions[name].firstIndex(of: version) ?? -1
    }

    /// What is wrong with the files of the live version; nil when key and chain belong together
    /// and are of that version.
    private func flawOfTheLive(_ name: Int) throws -> String? {
        let certificate = Step.name(name)
        guard let version = try store.currentVersion(of: certificate), whole[name] != version
        else { return nil }
        let current = store.currentDirectory(of: certificate)
        let text = try ["fullchain.pem", "privkey.pem"].map { try readText(current.appending($0)) }
        let bundle: CertificateBundle
        do {
            bundle = try CertificateBundle(
                secret: SensitiveBytes(copying: Array(text.joined().utf8)),
                contentType: "application/x-pem-file"
            )
        } catch {
            return "what is live is not whole: \(error)"
        }
        let record = try agent.history.version(version, of: certificate)
        guard bundle.leaf.sha256 == record?.sha256 else {
            return "what is live is not version \(version)"
        }
        whole[name] = version
        return nil
    }
}
