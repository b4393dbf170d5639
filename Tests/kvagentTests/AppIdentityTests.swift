import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

/// The identity of an app of App Service or Container Apps, as its operator meets it.
@Suite("Identities of apps", .timeLimit(.minutes(15)))
struct AppIdentityTests {
    private static let header = "5c1e-header"

    private func withApp(_ body: (TestBed) async throws -> Void) async throws {
        try await withTestBed { configuration, _ in
            configuration.appServiceHeader = Self.header
        } _: { bed in
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "web",
                TestBed.options("web.example")
            )
            try bed.writeSettings(["web"], authentication: "credential: managedIdentity")
            try await body(bed)
        }
    }

    @Test("An app installs its certificate, with no word of it in the settings")
    func installed() async throws {
        try await withApp { bed in
            let result = try await bed.shell(
                """
                IDENTITY_HEADER=\(Self.header) \
                IDENTITY_ENDPOINT=\(bed.emulator.endpoints.appServiceEndpoint) \
                exec $0 sync --log-level trace --config $1
                """
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(!(result.output + result.errors).contains(Self.header))
            #expect(try await bed.isWhole("web"))
            let shown = try await bed.shell(
                "IDENTITY_HEADER=h IDENTITY_ENDPOINT=http://localhost:42356/msi/token "
                    + "exec $0 config show --config $1"
            )
            #expect(shown.output.contains("msiEndpoint: http://localhost:42356/msi/token"))
        }
    }

    @Test("With a header that is not the app's, kvagent says so, and exits with 69")
    func wrongHeader() async throws {
        try await withApp { bed in
            let result = try await bed.shell(
                """
                IDENTITY_HEADER=wrong-header \
                IDENTITY_ENDPOINT=\(bed.emulator.endpoints.appServiceEndpoint) \
                exec $0 sync --config $1
                """
            )
            #expect(result.status == 69)
            let said = result.output + result.errors
            #expect(said.contains("401 Unauthorized (X-IDENTITY-HEADER is missing or wrong)"))
            #expect(said.contains("IDENTITY_HEADER may be another by now: restart kvagent"))
            #expect(!said.contains("wrong-header"))
        }
    }
}
