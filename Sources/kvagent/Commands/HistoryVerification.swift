import Agent
import ArgumentParser
import History

/// `kvagent history --verify`: whether the history is as it was written.
struct VerificationOptions: ParsableArguments {
    @Flag(
        name: .long,
        help: "Check, instead of listing, that nothing was changed behind kvagent's back."
    )
    var verify = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --verify: a head that an earlier verification gave, and that must be there still.",
            valueName: "hex"
        )
    )
    var head: String?

    func validate() throws {
        guard let head else { return }
        guard verify else { throw ValidationError("--head needs --verify") }
        guard head.utf8.count == 64, head.allSatisfy({ $0.isASCII && $0.isHexDigit }) else {
            throw ValidationError("--head takes the 64 hex digits that --verify prints")
        }
    }

    /// Prints what was found.
    ///
    /// - Throws: ``ExitStatus/failed`` where something was touched.
    func run(_ history: History?, _ output: OutputOptions) throws {
        let verification =
            try history?.verify(head: head?.lowercased(), digest: .sha256)
            ?? LedgerVerification(
                entries: 0,
                fault: head == nil ? nil : LedgerFault(kind: .headUnknown)
            )
        let report = LedgerReport(verification)
        try Output.print(report, asJSON: output.json) { report.text }
        if !report.unbroken { throw ExitStatus.failed }
    }
}

extension LedgerReport {
    fileprivate var text: String {
        if let fault { return "broken: \(fault.message)" }
        var lines = ["\(entries) \(entries == 1 ? "entry" : "entries"), unbroken"]
        if removed > 0 {
            lines.append("\(removed) \(removed == 1 ? "row" : "rows") let go by history.keepDays")
        }
        if let head { lines.append("head: \(head)") }
        return lines.joined(separator: "\n")
    }
}
