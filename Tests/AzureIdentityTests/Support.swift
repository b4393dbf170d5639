import TestSupport
import AzureIdentity
import Foundation
import KeyVaultEmulator

extension IdentityRetryPolicy {
    /// As many tries as the standard policy has, without the waits.
    static let instant = IdentityRetryPolicy(
        busy: standard.busy.map { _ in .zero },
        updating: standard.updating.map { _ in .zero },
        silent: standard.silent.map { _ in .zero }
    )
}

extension Date {
    static let testNow = Date(timeIntervalSince1970: 1_700_000_000)
}

extension ScriptedAnswer {
    /// What IMDS answers, with its numbers as strings.
    static func token(_ token: String, expiresIn: String) -> ScriptedAnswer {
        ScriptedAnswer(
            200,
            """
            {"access_token":"\(token)","client_id":"","expires_in":"\(expiresIn)",\
            "token_type":"Bearer","resource":"https://vault.azure.net"}
            """
        )
    }
}

extension ScriptedServer {
    /// The server as an identity endpoint.
    func credential(_ selector: IdentitySelector = .system) throws -> Credential {
        let setting = "http://127.0.0.1:\(port)/metadata/identity"
        return .managedIdentity(try IdentityEndpoint(setting: setting), selector)
    }
}

/// Runs a test with an emulator, which is gone afterwards.
func withEmulator(
    _ configuration: EmulatorConfiguration,
    _ body: (Emulator) async throws -> Void
) async throws {
    let emulator = try await Emulator.start(configuration)
    do {
        try await body(emulator)
    } catch {
        await emulator.stop()
        throw error
    }
    await emulator.stop()
}
