import Agent
import Foundation
import History

/// What can be a line of CSV.
protocol CSVRow {
    /// The names in the header; more may come at the end, none changes.
    static var columns: [String] { get }

    /// A cell for each column; nil is an empty one.
    var cells: [String?] { get }
}

/// Comma-separated values after RFC 4180: a header, CRLF, quotes where they are needed.
enum CSV {
    /// Header and rows, without the line feed of the last line.
    static func text<Row: CSVRow>(_ rows: [Row]) -> String {
        ([Row.columns] + rows.map(\.cells)).map { line in
            line.map { cell($0 ?? "") }.joined(separator: ",") + "\r"
        }.joined(separator: "\n")
    }

    /// A cell as it stands in a line.
    ///
    /// A spreadsheet takes what begins with one of `=+-@`, a tab or a carriage return for a
    /// formula, and reasons and errors come from others. An apostrophe before it makes it text
    /// again (https://owasp.org/www-community/attacks/CSV_Injection).
    static func cell(_ text: String) -> String {
        let isFormula = text.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) }
        let harmless = isFormula == true ? "'" + text : text
        // By scalars: to Swift "\r\n" is one character, and neither "\r" nor "\n".
        guard harmless.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) })
        else { return harmless }
        return "\"" + harmless.replacing("\"", with: "\"\"") + "\""
    }
}

extension Date {
    /// RFC 3339 UTC with seconds, as in JSON.
    var forMachines: String { formatted(.rfc3339) }
}

extension DeploymentReport: CSVRow {
    static let columns = [
        "certificate", "version", "thumbprint", "sha256", "notBefore", "notAfter", "trigger",
        "outcome", "reason", "actor", "startedAt", "finishedAt", "previousVersion", "runId",
        "error", "hooks", "failedHooks",
    ]

    var cells: [String?] {
        [
            certificate, version, thumbprint, sha256, notBefore?.forMachines,
            notAfter?.forMachines, trigger.rawValue, outcome?.rawValue, reason, actor,
            startedAt.forMachines, finishedAt?.forMachines, previousVersion, runId, error,
            String(hooks.count),
            hooks.filter { $0.exitCode != 0 }.map(\.name).joined(separator: " "),
        ]
    }
}
