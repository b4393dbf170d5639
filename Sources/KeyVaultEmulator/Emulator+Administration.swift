import Sensitive

extension Emulator {
    /// The administration without HTTP; see `Administration` for what each does.
    private var administration: Administration { Administration(cloud: cloud) }

    /// Makes a version of a certificate and returns it; `options` become the policy.
    @discardableResult
    package func createCertificate(
        vault: String,
        name: String,
        _ options: CertificateOptions = CertificateOptions()
    ) async throws -> String {
        try await administration.createCertificate(vault: vault, name: name, options)
    }

    /// Makes the next version by the policy, bad in the way of `fault`, and returns it.
    @discardableResult
    package func rotate(
        vault: String,
        name: String,
        fault: ContentFault? = nil
    ) async throws -> String {
        try await administration.rotate(vault: vault, name: name, fault: fault)
    }

    /// Adds a version from base64 PKCS#12 or PEM and returns it.
    @discardableResult
    package func importCertificate(
        vault: String,
        name: String,
        value: SensitiveBytes,
        password: String? = nil,
        contentType: SecretContentType = .pkcs12
    ) async throws -> String {
        try await administration.importCertificate(
            vault: vault,
            name: name,
            value: value,
            password: password,
            contentType: contentType
        )
    }

    /// Adds a version of a plain secret and returns it.
    @discardableResult
    package func putSecret(
        vault: String,
        name: String,
        value: String,
        contentType: String? = nil
    ) async throws -> String {
        try await administration.putSecret(
            vault: vault,
            name: name,
            value: SensitiveBytes(copying: Array(value.utf8)),
            contentType: contentType
        )
    }

    /// Enables or disables one version, or the newest.
    package func setEnabled(
        _ isEnabled: Bool,
        vault: String,
        name: String,
        version: String? = nil
    ) async throws {
        try await administration.setEnabled(isEnabled, vault: vault, name: name, version: version)
    }

    /// Soft-deletes a secret or certificate.
    package func delete(vault: String, name: String) async throws {
        try await administration.delete(vault: vault, name: name)
    }

    /// Brings a soft-deleted secret or certificate back.
    package func recover(vault: String, name: String) async throws {
        try await administration.recover(vault: vault, name: name)
    }

    /// What there is under a name, without values.
    package func describe(vault: String, name: String) async throws -> ObjectDescription {
        try await administration.describe(vault: vault, name: name)
    }

    package func access(to vault: String) async -> VaultAccess {
        await administration.access(to: vault)
    }

    /// Sets who may do what in a vault.
    package func setAccess(_ access: VaultAccess, to vault: String) async throws {
        try await administration.setAccess(access, to: vault)
    }

    package func setFault(_ fault: Fault) async { cloud.faults.add(fault) }

    package func clearFaults() async { cloud.faults.clear() }

    package func statistics() async -> EmulatorStatistics { cloud.log.statistics }

    /// Returns once there have been `count` requests of a kind since the start or the last reset.
    ///
    /// Throws when `limit` is over before that; this is what a test waits by.
    package func waitForRequests(
        _ kind: EmulatorStatistics.Kind,
        count: Int = 1,
        within limit: Duration = .seconds(30)
    ) async throws {
        try await cloud.log.wait(for: kind, count: count, within: limit)
    }

    package func resetStatistics() async { cloud.log.reset() }

    package func setBehaviour(_ behaviour: EmulatorBehaviour) async { cloud.behaviour = behaviour }

    /// Makes every token issued so far one that has expired.
    package func revokeTokens() async { cloud.tokens.revokeAll() }
}
