import Foundation
import History
import Hooks
import Store
import SystemPackage

extension Doctor {
    /// Whether what is fetched can be written and recorded.
    func examineStore() -> [Finding] {
        let problems = settings.directoryProblems()
        guard problems.isEmpty else {
            return problems.map { Finding($0) }
        }
        var places: [FilePath] = [settings.stateDirectory]
        places += settings.storeLocations().map(\.0).filter { !places.contains($0) }
        return places.map(examine) + [examineHistory()]
    }

    private func examine(_ directory: FilePath) -> Finding {
        do throws(StoreError) {
            let free = try CertificateStore.tryWriting(in: directory)
            let words = "can be written, \(free >> 20) MiB free"
            guard free < Self.scarce else { return Finding(directory.string, .ok, words) }
            return Finding(
                directory.string,
                .warning,
                words,
                hint: "free space there, or new versions can't be written before long"
            )
        } catch {
            return Finding(directory.string, .failed, error.description, hint: error.hint)
        }
    }

    /// Less is soon used up by the versions that are kept, and by the history.
    private static let scarce: UInt64 = 64 << 20

    private func examineHistory() -> Finding {
        let path = settings.historyFile.string
        do throws(HistoryError) {
            let history = try History.openForReading(at: path)
            let holder = ProcessLock.currentHolder(at: settings.daemonLockFile)
            let daemon = holder.map { "the daemon runs as process \($0)" } ?? "no daemon is seen"
            return Finding(
                path,
                .ok,
                "\(history == nil ? "is still to be made" : "can be read"); \(daemon)"
            )
        } catch {
            return Finding(path, .failed, error.description, hint: error.hint)
        }
    }

    /// Whether the hooks that there are can be started.
    func examineHooks() -> [Finding] {
        let catalog = settings.hookCatalog()
        var findings = catalog.warnings.map { warning in
            Finding(warning.path, .warning, "is passed over: \(warning.reason)")
        }
        if let obstacle = settings.hooks.runner.obstacle {
            findings.append(
                Finding(
                    "hooks.runner",
                    .failed,
                    obstacle,
                    hint: "set hooks.runner to auto, or run kvagent as the service does"
                )
            )
        }
        let names = Set(certificates.map(\.name))
        let hooks = catalog.hooks.filter { $0.certificate.map(names.contains) ?? true }
        findings += hooks.map { hook in
            let words = "\(hook.phase.rawValue): \(hook.command.joined(separator: " "))"
            guard let obstacle = hook.obstacle else { return Finding(hook.name, .ok, words) }
            return Finding(hook.name, .failed, obstacle)
        }
        guard findings.isEmpty else { return findings }
        return [
            Finding(
                settings.hooks.directory.string,
                .warning,
                "there is no hook: nothing tells a server of a new version",
                hint: "kvagent hooks list shows those that can be turned on"
            )
        ]
    }
}
