import Foundation
import History
import Hooks
import Store
import SystemPackage

/// A hook that was run to see how it does, with nothing new to deploy.
package struct HookTrial: Sendable, Encodable {
    package let name: String
    package let phase: String
    package let certificates: [String]
    @OrNull package var exitCode: Int?
    @OrNull package var signal: Int?
    package let timedOut: Bool
    package let durationMs: Int
    package let output: String
    @OrNull package var error: String?

    /// How it ended, in words.
    package let end: String
    package let isSuccess: Bool

    private enum CodingKeys: String, CodingKey {
        case name, phase, certificates, exitCode, signal, timedOut, durationMs, output, error
    }

    init(_ run: HookRun, certificates: [String]) {
        let record = HookRunRecord(run)
        name = run.hook.name
        phase = run.hook.phase.rawValue
        self.certificates = certificates
        exitCode = record.exitCode
        signal = record.signal
        timedOut = record.timedOut
        durationMs = record.durationMs
        output = run.output
        error = record.error
        end = run.outcome.description
        isSuccess = run.outcome.isSuccess
    }
}

extension Agent {
    /// Runs a hook against what is live, as a deployment would, and changes nothing itself.
    ///
    /// A reload hook runs once for all certificates, any other once for each; the trigger that they
    /// are told is `test`. The history has no row of it.
    ///
    /// - Parameters:
    ///   - name: The hook's name as in `hooks list`, its file's name, or a shipped hook's name,
    ///     whether it is turned on or not.
    ///   - certificate: The only certificate to run it for; nil is all that it applies to.
    ///   - shipped: Where shipped hooks lie.
    /// - Returns: How each run went, in the order of the runs.
    /// - Throws: ``Refusal``, and as ``withLock(patience:_:)``.
    package func tryHook(
        _ name: String,
        certificate: String?,
        shipped: FilePath = ShippedHook.directory
    ) async throws -> [HookTrial] {
        let observed = try settings.certificates(named: certificate.map { [$0] })
        return try await withLock {
            let hooks = try hooksToTry(name, shipped: shipped)
            var members: [(hook: Hook, event: HookEvent.Certificate)] = []
            for observed in observed {
                guard let hook = hooks.first(where: { $0.applies(to: observed.name) }),
                    let version = try store(of: observed).currentVersion(of: observed.name)
                else { continue }
                let event = eventCertificate(
                    observed,
                    version: version,
                    previous: nil,
                    isLive: hook.phase == .deploy || hook.phase == .reload
                )
                members.append((hook, event))
            }
            guard !members.isEmpty else {
                throw Refusal(
                    "nothing that \"\(name)\" could run for is live",
                    hint: "kvagent sync installs what the vault has"
                )
            }
            var trials: [HookTrial] = []
            while let first = members.first {
                // The entries of two certificates may have the same name and another command.
                let group = members.filter { first.hook.isSame(as: $0.hook) }
                members.removeAll { first.hook.isSame(as: $0.hook) }
                if first.hook.phase == .reload {
                    trials.append(await tryOnce(first.hook, group.map(\.event)))
                } else {
                    for member in group {
                        trials.append(await tryOnce(member.hook, [member.event]))
                    }
                }
            }
            return trials
        }
    }

    private func tryOnce(_ hook: Hook, _ certificates: [HookEvent.Certificate]) async -> HookTrial {
        let event = HookEvent(
            phase: hook.phase,
            trigger: "test",
            runId: runID,
            attempt: 1,
            certificates: certificates,
            error: hook.phase == .failure ? "this is a test" : nil
        )
        return HookTrial(await runHook(hook, event: event), certificates: certificates.map(\.name))
    }

    /// The hooks that a name means: several only where the settings of several certificates have
    /// the same one.
    private func hooksToTry(_ name: String, shipped: FilePath) throws(Refusal) -> [Hook] {
        let all = hookCatalog().hooks
        let named = all.filter { $0.name == name }
        let similar = all.filter { hook in
            let path = FilePath(hook.command.first ?? "")
            return !hook.name.hasPrefix("settings:")
                && (path.lastComponent?.string == name || path.shippedName(in: shipped) == name)
        }
        let found = named.isEmpty ? similar : named
        guard Set(found.map(\.name)).count < 2 else {
            let names = found.map(\.name).joined(separator: ", ")
            throw Refusal("\"\(name)\" may be any of \(names)", hint: "give the whole name")
        }
        guard found.isEmpty else { return found }
        guard let hook = ShippedHook.all(in: shipped).first(where: { $0.name == name }) else {
            throw Refusal("no hook \"\(name)\"", hint: "see kvagent hooks list")
        }
        return [
            Hook(
                name: hook.name,
                phase: hook.phase ?? .deploy,
                command: [hook.path.string],
                timeout: settings.hooks.timeout
            )
        ]
    }
}

extension Hook {
    /// Whether it runs for a certificate.
    fileprivate func applies(to name: String) -> Bool { certificate == nil || certificate == name }
}
