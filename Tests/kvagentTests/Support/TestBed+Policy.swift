import KeyVaultEmulator
import Testing

/// Runs a test on a machine of its own where `web` with two names is live.
func withWeb(
    settings: String = "",
    _ body: (TestBed) async throws -> Void
) async throws {
    try await withTestBed { bed in
        try await bed.emulator.createCertificate(
            vault: TestBed.vault,
            name: "web",
            CertificateOptions(dnsNames: ["web.example", "api.example"], key: .p256)
        )
        try bed.writeSettings(["web"], extra: settings)
        try await bed.kvagent("sync", status: 0)
        try await body(bed)
    }
}

extension TestBed {
    /// A new version of `web`, bad in some way.
    @discardableResult
    func publish(_ fault: ContentFault?) async throws -> String {
        try await emulator.rotate(vault: Self.vault, name: "web", fault: fault)
    }

    /// Why a version of `web` that has the first name alone is held.
    static let lostName =
        "sanLoss: the current version has api.example, this one doesn't; kvagent approve web lets it through"
}
