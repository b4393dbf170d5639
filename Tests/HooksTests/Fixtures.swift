import FoundationEssentials
import Hooks
import SystemPackage
import TestSupport

/// Hooks and events for the tests.
enum Fixture {
    /// A certificate with a name of its own and the rest made up.
    static func certificate(
        _ name: String = "web",
        previous: String? = nil,
        domains: [String] = ["www.contoso.com", "*.contoso.com"]
    ) -> HookEvent.Certificate {
        let directory = "/var/lib/kvagent/certs/\(name)/current"
        return HookEvent.Certificate(
            name: name,
            url: "https://contoso.vault.azure.net/secrets/\(name)",
            version: String(repeating: "a", count: 32),
            previousVersion: previous,
            thumbprint: "0123456789ABCDEF0123456789ABCDEF01234567",
            sha256: String(repeating: "b", count: 64),
            directory: directory,
            privkey: "\(directory)/privkey.pem",
            cert: "\(directory)/cert.pem",
            chain: "\(directory)/chain.pem",
            fullchain: "\(directory)/fullchain.pem",
            bundle: "\(directory)/bundle.pem",
            notAfter: Date(timeIntervalSince1970: 1_795_504_800),
            domains: domains
        )
    }

    static func event(
        _ phase: HookPhase = .deploy,
        _ certificates: [HookEvent.Certificate] = [certificate()],
        error: String? = nil
    ) -> HookEvent {
        HookEvent(
            phase: phase,
            trigger: "poll",
            runId: "run-1",
            attempt: 2,
            certificates: certificates,
            error: error
        )
    }
}

/// Runs a shell script as a hook.
func run(
    _ script: String,
    _ parameters: String...,
    event: HookEvent = Fixture.event(),
    timeout: Duration = .seconds(60),
    grace: Duration = .seconds(20),
    user: String? = nil
) async -> HookRun {
    let hook = Hook(
        name: "deploy/test",
        phase: .deploy,
        command: ["/bin/sh", "-c", script, "hook"] + parameters,
        timeout: timeout,
        user: user
    )
    return await HookRunner(grace: grace).run(hook, event: event)
}
