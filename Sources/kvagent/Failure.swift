import Agent
import ArgumentParser
import Foundation
import Glibc
import History
import KeyVault
import Store

/// An error as the user sees it: lines, a hint, an exit code.
struct Failure {
    private var messages: [String]
    private var hint: String?
    private var status: Int32

    /// Set when ArgumentParser has the whole text: help, version, completions.
    private var isCleanExit = false

    init(_ error: any Error) {
        var messages: [String]?
        status = ExitStatus.failed.rawValue
        switch error {
        case let exit as ExitStatus:
            messages = []
            status = exit.rawValue
        case let exit as MonitorStatus:
            messages = []
            status = exit.rawValue
        case let error as SettingsError:
            messages = error.problems.map(\.description)
            status = ExitStatus.configuration.rawValue
        case let error as Refusal:
            hint = error.hint
        case let error as LockError:
            hint = error.hint
            status = error.isHeld ? ExitStatus.locked.rawValue : ExitStatus.failed.rawValue
        case let error as HistoryError:
            hint = error.hint
            // Starting again can't help, which is what 78 tells the service manager.
            if error.kind == .newerSchema { status = ExitStatus.configuration.rawValue }
        case let error as StoreError:
            hint = error.hint
        case let error as VaultError:
            hint = error.hint
            status = ExitStatus(error).rawValue
        default:
            let code = Kvagent.exitCode(for: error)
            if code == .success {
                messages = [Kvagent.fullMessage(for: error)]
                status = 0
                isCleanExit = true
            } else if code == .validationFailure {
                messages = [Kvagent.message(for: error)]
                hint = "see kvagent --help"
                status = ExitStatus.usage.rawValue
            }
        }
        self.messages = messages ?? ["\(error)"]
    }

    /// Prints what there is to say and gives the exit code.
    func report() -> Int32 {
        if isCleanExit {
            do {
                // A shell would offer an empty line as a completion.
                for message in messages where !message.isEmpty { try Output.print(message) }
            } catch {
                Output.toStandardError("kvagent: error: \(error)")
                return ExitStatus.failed.rawValue
            }
        } else if Self.isForProgram, !messages.isEmpty {
            let object = ErrorObject(
                error: ErrorObject.Body(messages: messages, hint: hint, exitCode: status)
            )
            Output.toStandardError(
                Output.json(object, isPretty: !CommandLine.arguments.contains("--jsonl"))
            )
        } else {
            // The journal takes a line's severity from its beginning (sd-daemon(3)).
            let severity = Journal.receives() ? "<3>" : ""
            for message in messages {
                Output.toStandardError("\(severity)kvagent: error: \(message)")
            }
            if let hint { Output.toStandardError("\(severity)kvagent: hint: \(hint)") }
        }
        return status
    }

    /// Whether a program reads what this command prints.
    private static var isForProgram: Bool {
        !CommandLine.arguments.allSatisfy { $0 != "--json" && $0 != "--jsonl" }
    }

    /// Says that nothing could be judged, where a monitor looks for it: on standard output.
    func reportToMonitor() -> Int32 {
        guard !isCleanExit, !messages.isEmpty else { return report() }
        let answer = CheckAnswer(unknown: messages + (hint.map { ["hint: \($0)"] } ?? []))
        do {
            try answer.print(asJSON: CommandLine.arguments.contains("--json"))
        } catch {
            Output.toStandardError("kvagent: error: \(error)")
        }
        return answer.exitCode.rawValue
    }
}

/// An error with `--json`.
private struct ErrorObject: Encodable {
    struct Body: Encodable {
        let messages: [String]
        let hint: String?
        let exitCode: Int32
    }

    let error: Body
}
