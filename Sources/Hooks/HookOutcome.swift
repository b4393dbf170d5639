/// How a hook's run ended.
package enum HookOutcome: Sendable, Equatable {
    case succeeded
    /// Exit code 75, EX_TEMPFAIL of sysexits.h: run it again later.
    case later
    case failed(exitCode: Int)
    case signalled(Int)
    case timedOut
    /// It never ran; why, and where it can be told what to do.
    case couldNotStart(String)

    package var isSuccess: Bool { self == .succeeded }

    /// Neither done nor put off.
    package var isFailure: Bool { self != .succeeded && self != .later }

    /// What an exit code means.
    init(exitCode: Int) {
        switch exitCode {
        case 0: self = .succeeded
        case 75: self = .later
        default: self = .failed(exitCode: exitCode)
        }
    }
}

extension HookOutcome: CustomStringConvertible {
    package var description: String {
        switch self {
        case .succeeded: "succeeded"
        case .later: "asked to be run again later (exit code 75)"
        case .failed(let exitCode): "exit code \(exitCode)"
        case .signalled(let signal): "killed by signal \(signal)"
        case .timedOut: "timed out"
        case .couldNotStart(let reason): "did not start: \(reason)"
        }
    }
}
