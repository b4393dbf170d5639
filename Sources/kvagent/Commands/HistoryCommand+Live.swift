import Agent
import Foundation
import History

extension HistoryCommand {
    /// What `--at` asks for.
    func printLive(at moment: Date, _ settings: Settings, _ history: History?) throws {
        let reports = try LiveReport.reports(
            at: moment,
            of: name,
            settings: settings,
            history: history
        )
        try Output.print(reports, as: list) { reports.text }
    }
}

extension [LiveReport] {
    fileprivate var text: String {
        var table = Table(
            "CERTIFICATE",
            "VERSION",
            "SINCE",
            "EXPIRES",
            "TRIGGER",
            "BY",
            "THUMBPRINT"
        )
        for live in self {
            guard let version = live.version else {
                table.add(live.certificate, "nothing", "-", "-", "-", "-", "-")
                continue
            }
            table.add(
                live.certificate,
                version.shortVersion,
                live.since?.local ?? "before",
                (live.notAfter?.local ?? "-") + (live.isExpired == true ? " expired" : ""),
                live.trigger?.rawValue ?? "-",
                live.actor ?? "-",
                live.thumbprint ?? "-"
            )
        }
        let moment = first.map { "live at \($0.at.local):\n\n" } ?? ""
        return moment + table.text()
    }
}

extension LiveReport: CSVRow {
    static let columns = [
        "certificate", "at", "version", "thumbprint", "sha256", "notBefore", "notAfter",
        "isExpired", "since", "trigger", "actor", "reason", "runId",
    ]

    var cells: [String?] {
        [
            certificate, at.forMachines, version, thumbprint, sha256, notBefore?.forMachines,
            notAfter?.forMachines, isExpired.map { "\($0)" }, since?.forMachines,
            trigger?.rawValue, actor, reason, runId,
        ]
    }
}
