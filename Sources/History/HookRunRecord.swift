import Foundation

/// One run of a hook, as history keeps it.
package struct HookRunRecord: Sendable, Codable, Hashable {
    package var name: String
    /// "check", "deploy", "reload", "verify" or "failure".
    package var phase: String
    package var startedAt: Date
    /// nil, as `signal` is, when the hook could not be started.
    package var exitCode: Int?
    package var signal: Int?
    package var timedOut: Bool
    package var durationMs: Int
    package var output: String
    /// Why it could not be started.
    package var error: String?

    package init(
        name: String,
        phase: String,
        startedAt: Date,
        exitCode: Int? = nil,
        signal: Int? = nil,
        timedOut: Bool = false,
        durationMs: Int,
        output: String = "",
        error: String? = nil
    ) {
        self.name = name
        self.phase = phase
        self.startedAt = startedAt
        self.exitCode = exitCode
        self.signal = signal
        self.timedOut = timedOut
        self.durationMs = durationMs
        self.output = output
        self.error = error
    }
}
