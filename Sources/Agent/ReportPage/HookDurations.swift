import History

/// How long the runs of one hook took.
struct HookDurations: Sendable, Equatable {
    var phase: String
    var name: String
    var runs: Int
    var failures: Int
    var medianMs: Int
    var longestMs: Int
}

extension HookDurations {
    /// The hooks of these deployments, in the order of the phases, then by name.
    static func all(_ deployments: [Deployment]) -> [HookDurations] {
        let runs = Dictionary(grouping: deployments.flatMap(\.hookRuns)) { [$0.phase, $0.name] }
        let phases = ["check", "deploy", "reload", "verify", "failure"]
        return runs.values.map(HookDurations.init).sorted { left, right in
            let ranks = [left, right].map { phases.firstIndex(of: $0.phase) ?? phases.endIndex }
            return (ranks[0], left.name) < (ranks[1], right.name)
        }
    }

    /// - Parameter runs: Of one hook, at least one.
    private init(_ runs: [HookRunRecord]) {
        let durations = runs.map(\.durationMs).sorted()
        let middle = durations.count / 2
        self.init(
            phase: runs[0].phase,
            name: runs[0].name,
            runs: runs.count,
            failures: runs.count(where: \.hasFailed),
            medianMs: durations.count.isMultiple(of: 2)
                ? durations[middle - 1] + (durations[middle] - durations[middle - 1]) / 2
                : durations[middle],
            longestMs: durations[durations.count - 1]
        )
    }
}

extension HookRunRecord {
    /// Whether it went wrong; exit status 75 asks for another try and is no failure.
    var hasFailed: Bool {
        error != nil || signal != nil || timedOut || exitCode.map { $0 != 0 && $0 != 75 } ?? true
    }

    /// `exit status 1`, `timed out`; nil where it went well.
    var trouble: String? {
        if let error { return error }
        if timedOut { return "timed out" }
        if let signal { return "ended by signal \(signal)" }
        guard let exitCode else { return "its end is not known" }
        return exitCode == 0
            ? nil : exitCode == 75 ? "asked for another try" : "exit status \(exitCode)"
    }
}
