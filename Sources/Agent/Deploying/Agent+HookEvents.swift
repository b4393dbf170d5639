import Foundation
import History
import Hooks
import KeyVault
import Store
import SystemPackage

extension Agent {
    /// What a hook is told about one certificate.
    ///
    /// - Parameters:
    ///   - certificate: The certificate.
    ///   - version: The version that the files are of.
    ///   - previous: The version that it takes, or took, the place of.
    ///   - isLive: Whether to name the files by `current`, the path that servers use and that stays
    ///     the same from version to version, or by the version's own directory.
    /// - Returns: One element of the event.
    func eventCertificate(
        _ certificate: ObservedCertificate,
        version: String,
        previous: String?,
        isLive: Bool
    ) -> HookEvent.Certificate {
        let store = store(of: certificate)
        let directory =
            isLive
            ? store.currentDirectory(of: certificate.name)
            : store.versionDirectory(of: certificate.name, version: version)
        // Losing the facts costs a hook some variables; losing the hook would cost the reload.
        let record = try? history.version(version, of: certificate.name)
        return HookEvent.Certificate(
            name: certificate.name,
            url: certificate.url.description,
            version: version,
            previousVersion: previous,
            thumbprint: record?.thumbprint ?? "",
            sha256: record?.sha256 ?? "",
            directory: directory.string,
            privkey: directory.appending("privkey.pem").string,
            cert: directory.appending("cert.pem").string,
            chain: directory.appending("chain.pem").string,
            fullchain: directory.appending("fullchain.pem").string,
            bundle: directory.appending("bundle.pem").string,
            notAfter: record?.notAfter ?? Date(timeIntervalSince1970: 0),
            domains: record?.dnsNames ?? []
        )
    }
}

extension HookRun {
    /// How the hook ended, for an error: `reload hook "50-nginx" exited with 1: …`.
    var summary: String {
        let base = "\(hook.phase.rawValue) hook \"\(hook.shortName)\""
        let lastLine = output.split(separator: "\n").last.map { ": \($0.prefix(200))" } ?? ""
        switch outcome {
        case .succeeded: return "\(base) succeeded"
        case .later: return "\(base) asked to be run later (exit 75)\(lastLine)"
        case .failed(let code): return "\(base) exited with \(code)\(lastLine)"
        case .signalled(let signal): return "\(base) was ended by signal \(signal)\(lastLine)"
        case .timedOut: return "\(base) took longer than \(hook.timeout)\(lastLine)"
        case .couldNotStart(let reason): return "\(base) could not be started: \(reason)"
        }
    }
}

extension Hook {
    /// The name without its phase, which the sentence around it says.
    var shortName: String {
        let prefix = "\(phase.rawValue)/"
        return name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
    }
}

extension HookRunRecord {
    /// The run as the history keeps it.
    init(_ run: HookRun) {
        var exitCode: Int?
        var signal: Int?
        var error: String?
        var timedOut = false
        switch run.outcome {
        case .succeeded: exitCode = 0
        case .later: exitCode = 75
        case .failed(let code): exitCode = code
        case .signalled(let number): signal = number
        case .timedOut: timedOut = true
        case .couldNotStart(let reason): error = reason
        }
        self.init(
            name: run.hook.name,
            phase: run.hook.phase.rawValue,
            startedAt: run.startedAt,
            exitCode: exitCode,
            signal: signal,
            timedOut: timedOut,
            durationMs: Int(run.duration.inSeconds * 1000),
            output: run.output,
            error: error
        )
    }
}
