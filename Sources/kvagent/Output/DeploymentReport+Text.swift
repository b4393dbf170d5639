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

extension [DeploymentReport] {
    /// A table for people.
    ///
    /// Why something didn't go well is what the reader is here for, so on a terminal that has no
    /// room for it at the end of the row, it stands whole beneath.
    func text(width: Int? = Terminal.width) -> String {
        guard !isEmpty else { return "no deployments on record" }
        // What `rollback --batch` takes; a narrow terminal has it in the JSON only.
        let showsRun = width.map { $0 >= Self.roomForRun } ?? true
        var bare = Table(Self.header(showsRun: showsRun))
        for deployment in self { bare.add(cells: deployment.cells(showsRun: showsRun)) }
        let longest = map(\.why.count).max() ?? 0
        guard let width, bare.width + 2 + longest > width else {
            var table = Table(Self.header(showsRun: showsRun) + ["REASON"])
            for deployment in self {
                table.add(
                    cells: deployment.cells(showsRun: showsRun) + [Table.Cell(deployment.why)]
                )
            }
            return table.text(width: width)
        }
        var table = Table(Self.header(showsRun: showsRun))
        for deployment in self {
            table.add(cells: deployment.cells(showsRun: showsRun))
            for line in deployment.why.wrapped(to: width - 2) { table.add(note: "  \(line)") }
        }
        return table.text(width: width)
    }

    private static let roomForRun = 110

    private static func header(showsRun: Bool) -> [String] {
        ["STARTED", "CERTIFICATE", "VERSION", "TRIGGER", "OUTCOME", "BY"]
            + (showsRun ? ["RUN"] : [])
    }
}

extension DeploymentReport {
    /// Why it ended as it did; empty where there is nothing to say.
    fileprivate var why: String { error ?? reason ?? "" }

    fileprivate func cells(showsRun: Bool) -> [Table.Cell] {
        [
            startedAt.local, certificate, version.shortVersion, trigger.rawValue,
            outcome?.rawValue ?? "under way", actor,
        ].map { Table.Cell($0) } + (showsRun ? [Table.Cell(runId)] : [])
    }
}

extension String {
    /// Lines of at most `width` characters, broken between words where there are any.
    fileprivate func wrapped(to width: Int) -> [String] {
        var lines: [String] = []
        for word in split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}
