import Agent
import Foundation
import History

extension [DeploymentReport] {
    /// The table of `text`, with what ran for each deployment beneath its row.
    var textWithHooks: String {
        guard !isEmpty else { return "no deployments on record" }
        var table = Table("STARTED", "VERSION", "TRIGGER", "OUTCOME", "BY", "REASON")
        for deployment in self {
            table.add(
                deployment.startedAt.local,
                deployment.version.shortVersion,
                deployment.trigger.rawValue,
                deployment.outcome?.rawValue ?? "under way",
                deployment.actor,
                deployment.error ?? deployment.reason ?? ""
            )
            for hook in deployment.hooks { table.add(note: "    \(hook.line)") }
        }
        return table.text()
    }
}

extension HookRunReport {
    /// `reload/50-nginx: exit 1 after 120 ms: no such file`.
    fileprivate var line: String {
        let end =
            if let error { "not started: \(error)" } else if timedOut {
                "timed out after \(durationMs) ms"
            } else if let signal { "killed by signal \(signal) after \(durationMs) ms" } else {
                "exit \(exitCode.map(String.init) ?? "unknown") after \(durationMs) ms"
            }
        let lastWord =
            exitCode == 0 ? nil : output.split(whereSeparator: \.isNewline).last.map(String.init)
        return "\(name): \(end)" + (lastWord.map { ": \($0)" } ?? "")
    }
}

extension PinStatus {
    /// `8f0c1234 by alice since 2026-11-24 08:00:00, until 2026-12-01 08:00:00: audit`.
    var words: String {
        "\(version.shortVersion) by \(actor) since \(at.local), "
            + (until.map { "until \($0.local)" } ?? "without an end")
            + (reason.map { ": \($0)" } ?? "")
    }
}
