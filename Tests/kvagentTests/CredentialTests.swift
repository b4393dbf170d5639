import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

/// The ways to prove who kvagent is, as its operator meets them.
@Suite("Credentials", .timeLimit(.minutes(2)))
struct CredentialTests {
    /// Puts one certificate into the vault, and observes it.
    private func observe(_ bed: TestBed, authentication: String) async throws {
        try await bed.emulator.createCertificate(
            vault: TestBed.vault,
            name: "web",
            TestBed.options("web.example")
        )
        try bed.writeSettings(["web"], authentication: authentication)
    }

    private func withArc(_ body: (TestBed) async throws -> Void) async throws {
        try await withTestBed { configuration, directory in
            configuration.arcKeys = ArcKeyPlace(
                directory.appending("tokens").string,
                claimed: "/var/opt/azcmagent/tokens"
            )
        } _: { bed in
            try await observe(bed, authentication: "credential: managedIdentity")
            try await body(bed)
        }
    }

    /// What Azure Arc's agent puts into the environment of every service.
    private func arcVariables(_ bed: TestBed) -> String {
        "IDENTITY_ENDPOINT=\(bed.emulator.endpoints.identityEndpoint)/oauth2/token "
            + "IMDS_ENDPOINT=http://127.0.0.1"
    }

    @Test(
        "A machine of Azure Arc installs its certificate, with no word of it in the settings",
        .enabled { await canMount() }
    )
    func arc() async throws {
        try await withArc { bed in
            // A namespace of its own has /var/opt/azcmagent without one on the machine.
            let result = try await bed.shell(
                """
                exec unshare --mount sh -ec '
                    mount -t tmpfs tmpfs /var/opt
                    mkdir -p /var/opt/azcmagent "$2" && ln -s "$2" /var/opt/azcmagent/tokens
                    exec env \(arcVariables(bed)) "$0" sync --config "$1"
                ' "$0" "$1" \(bed.directory)/tokens
                """
            )
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("Where Azure Arc's key can't be read, kvagent says which file, and exits with 69")
    func arcWithoutKey() async throws {
        try await withArc { bed in
            let result = try await bed.shell(
                "exec env \(arcVariables(bed)) $0 sync --config $1"
            )
            #expect(result.status == 69)
            let file = "read key file /var/opt/azcmagent/tokens/"
            #expect(result.errors.contains(file) || result.output.contains(file))
        }
    }
}
