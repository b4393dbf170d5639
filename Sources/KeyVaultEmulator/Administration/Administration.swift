import FoundationEssentials
import PKI
import Sensitive

/// What an operator can do to the vaults without asking them: no token, no permission.
struct Administration: Sendable {
    let cloud: EmulatedCloud

    /// Makes a version of a certificate by `options`, which also become its policy; the certificate
    /// is made where there is none.
    ///
    /// Returns the version.
    func createCertificate(
        vault: String,
        name: String,
        _ options: CertificateOptions,
        fault: ContentFault? = nil
    ) async throws -> String {
        let now = Date()
        let policy = options.policy(for: name, now: Int(now.timeIntervalSince1970))
        let usual = CertificateMaker.Validity(of: policy, fault: fault, now: now)
        let validity = CertificateMaker.Validity(
            notBefore: options.notBefore ?? usual.notBefore,
            notAfter: options.notAfter ?? usual.notAfter
        )
        let version = try cloud.maker.make(policy, validity: validity, fault: fault, now: now)
        return try await add(version, policy, vault: vault, name: name)
    }

    /// Makes the next version of a certificate by its policy, bad in the way of `fault` or of the
    /// content fault that is set.
    func rotate(vault: String, name: String, fault: ContentFault? = nil) async throws -> String {
        guard let object = await cloud.store.contents(of: vault.lowercased()).live(name),
            let policy = object.policy
        else { throw EmulatorError("rotate certificate \(name): not found in vault \(vault)") }
        let fault = fault ?? cloud.faults.takeContentFault(vault: vault, name: name)
        let now = Date()
        let version = try cloud.maker.make(
            policy,
            validity: .init(of: policy, fault: fault, now: now),
            fault: fault,
            now: now
        )
        return try await add(version, policy, vault: vault, name: name)
    }

    /// Adds a version that comes with its key from elsewhere.
    func importCertificate(
        vault: String,
        name: String,
        value: SensitiveBytes,
        password: String?,
        contentType: SecretContentType
    ) async throws -> String {
        let policy = CertificateOptions(contentType: contentType).policy(
            for: name,
            now: EmulatedCloud.now
        )
        let imported = try cloud.maker.importing(value, password: password, policy: policy)
        return try await add(imported.version, imported.policy, vault: vault, name: name)
    }

    private func add(
        _ version: VaultVersion,
        _ policy: CertificatePolicy,
        vault: String,
        name: String
    ) async throws -> String {
        try await change(vault) { contents in
            var object = contents[name] ?? VaultObject(name: name, kind: .certificate)
            guard object.kind == .certificate, object.deletedAt == nil else {
                throw EmulatorError("add to certificate \(name): it is a secret or deleted")
            }
            object.policy = policy
            object.versions.append(version)
            contents[name] = object
            return version.id
        }
    }

    /// Adds a version of a plain secret.
    func putSecret(
        vault: String,
        name: String,
        value: SensitiveBytes,
        contentType: String?
    ) async throws -> String {
        try await change(vault) { contents in
            var object = contents[name] ?? VaultObject(name: name, kind: .secret)
            guard object.kind == .secret, object.deletedAt == nil else {
                throw EmulatorError("set secret \(name): it is a certificate or deleted")
            }
            let now = EmulatedCloud.now
            let version = VaultVersion(
                id: VaultVersion.makeID(),
                created: now,
                updated: now,
                contentType: contentType,
                value: StoredValue(value),
                certificate: nil
            )
            object.versions.append(version)
            contents[name] = object
            return version.id
        }
    }

    /// Enables or disables one version, or the newest.
    func setEnabled(
        _ isEnabled: Bool,
        vault: String,
        name: String,
        version: String?
    ) async throws {
        try await change(vault) { contents in
            guard var object = contents.live(name), let index = object.index(of: version) else {
                throw EmulatorError("change \(name): no such version in vault \(vault)")
            }
            object.versions[index].isEnabled = isEnabled
            object.versions[index].updated = EmulatedCloud.now
            contents[name] = object
        }
    }

    /// Soft-deletes a secret or certificate.
    func delete(vault: String, name: String) async throws {
        try await change(vault) { contents in
            guard var object = contents.live(name) else {
                throw EmulatorError("delete \(name): not found in vault \(vault)")
            }
            object.deletedAt = EmulatedCloud.now
            contents[name] = object
        }
    }

    /// Brings a soft-deleted secret or certificate back.
    func recover(vault: String, name: String) async throws {
        try await change(vault) { contents in
            guard var object = contents.deleted(name) else {
                throw EmulatorError("recover \(name): not deleted in vault \(vault)")
            }
            object.deletedAt = nil
            contents[name] = object
        }
    }

    func describe(vault: String, name: String) async throws -> ObjectDescription {
        guard let object = await cloud.store.contents(of: vault.lowercased())[name] else {
            throw EmulatorError("show \(name): not found in vault \(vault)")
        }
        return ObjectDescription(object, vault: vault)
    }

    func access(to vault: String) async -> VaultAccess {
        await cloud.store.contents(of: vault.lowercased()).access ?? VaultAccess()
    }

    /// Sets who may do what in a vault; it outlives a restart.
    func setAccess(_ access: VaultAccess, to vault: String) async throws {
        if let rule = access.network.unreadable {
            throw EmulatorError("allow \(rule): not an IPv4 address or range")
        }
        if let limit = access.limit, limit.requests < 1 || !(limit.seconds > 0) {
            throw EmulatorError("limit vault \(vault): needs a request and a second at least")
        }
        try await change(vault) { $0.access = access == VaultAccess() ? nil : access }
    }

    private func change<Result: Sendable>(
        _ vault: String,
        _ change: @Sendable (inout VaultContents) throws -> Result
    ) async throws -> Result {
        guard vault.wholeMatch(of: /[0-9a-zA-Z-]{1,63}/) != nil else {
            throw EmulatorError("use vault \(vault): not a vault's name")
        }
        return try await cloud.store.update(vault.lowercased(), change)
    }
}
