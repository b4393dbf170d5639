import AzureIdentity
import HTTP
import KeyVault

/// Walks the way from the settings to a deployment, and stops at the first step that fails.
///
/// Nothing is installed, recorded or made live. Each secret is read once, as the daemon would, so
/// the private keys pass through this process and nowhere else.
package struct Doctor: Sendable {
    typealias Step = DoctorReport.Step
    typealias Finding = DoctorReport.Finding

    let settings: Settings
    let certificates: [ObservedCertificate]
    let http: HTTPClient
    let tokens: TokenCache
    /// A vault that doesn't bear more is not asked for the rest.
    let gates = VaultGates(.none)

    /// - Parameters:
    ///   - settings: The settings, as they were read.
    ///   - certificates: Those of the settings that are to be looked at.
    package init(_ settings: Settings, certificates: [ObservedCertificate]) {
        self.settings = settings
        self.certificates = certificates
        http = HTTPClient(
            caBundle: settings.cloud.caBundle,
            userAgent: "kvagent/\(kvagentVersion)"
        )
        // Whoever waits for an answer rather hears at once that there is none.
        tokens = TokenCache(
            http: http,
            surroundings: settings.identitySurroundings,
            policy: .none
        )
    }

    package func examine() async -> DoctorReport {
        var walk = Walk()
        if walk.take(.settings, examineSettings()) { return walk.report() }
        let identities = await examineIdentities()
        if walk.take(.identity, identities) { return walk.report(isUnavailable: true) }

        let probes = await probeVaults()
        for step in [Step.dns, .tcp, .tls] {
            let findings = probes.map { $0.finding(at: step) }
            if walk.take(step, findings) { return walk.report(isUnavailable: true) }
        }

        let readings = await readVaults()
        if walk.take(.token, examineTokens(readings, probes)) { return walk.report() }
        if walk.take(.permission, readings.compactMap(\.permission)) {
            return walk.report(isUnavailable: !readings.contains(where: \.isDenied))
        }
        if walk.take(.parse, readings.map(\.content)) { return walk.report() }
        if walk.take(.store, examineStore()) { return walk.report() }
        _ = walk.take(.hooks, examineHooks())
        return walk.report()
    }

    private func examineSettings() -> [Finding] {
        let problems = settings.referenceProblems()
        guard problems.isEmpty else {
            return problems.map { Finding($0) }
        }
        let vaults = Set(certificates.map(\.url.host)).count
        return [
            Finding(
                settings.origins.file,
                .ok,
                "\(certificates.count) of \(settings.certificates.count) certificates, \(vaults) "
                    + (vaults == 1 ? "vault" : "vaults")
            )
        ]
    }
}

/// The steps that were taken.
private struct Walk {
    private var reached: [(DoctorReport.Step, [DoctorReport.Finding])] = []

    /// Takes a step down; true when it has failed.
    mutating func take(_ step: DoctorReport.Step, _ findings: [DoctorReport.Finding]) -> Bool {
        reached.append((step, findings))
        return findings.contains { $0.outcome == .failed }
    }

    func report(isUnavailable: Bool = false) -> DoctorReport {
        DoctorReport(reached, isUnavailable: isUnavailable)
    }
}
