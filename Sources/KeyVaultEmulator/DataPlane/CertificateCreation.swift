import FoundationEssentials
import PKI
import Sensitive

/// Creating and importing certificates: the operations that make keys, which takes too long to do
/// while the vaults wait.
struct CertificateCreation: Sendable {
    let cloud: EmulatedCloud
    let request: VaultRequest

    private var bundles: Bundles { Bundles(request) }

    /// Begins a creation; unless the emulator is told otherwise it is complete at once, and says
    /// so at the first poll.
    func create(_ name: String) async throws -> Reply {
        guard let body = request.exchange.json else {
            return .badParameter("The request body is not valid JSON")
        }
        let existing = await cloud.store.contents(of: request.vault)[name]
        if let refusal = refusal(existing, name) { return refusal }
        let policy = CertificatePolicy(
            body["policy"],
            over: body["policy"] == nil ? existing?.policy : nil,
            name: name,
            now: request.now
        )
        if let problem = policy.problem { return .badParameter(problem) }
        let operation = CertificateOperation(
            requestID: VaultVersion.makeID(),
            remainingPolls: request.behaviour.pendingPolls,
            isComplete: false,
            tags: body["tags"]?.stringDictionary,
            isEnabled: body["attributes"]?["enabled"]?.bool ?? true
        )
        let begun = try await cloud.store.update(request.vault) { contents in
            var object = contents[name] ?? VaultObject(name: name, kind: .certificate)
            object.policy = policy
            object.operation = operation
            contents[name] = object
            return object
        }
        if operation.remainingPolls == 0 { try await complete(name) }
        let location =
            "\(request.origin)/certificates/\(name)/pending?api-version="
            + "\(request.exchange.query["api-version"] ?? "")&request_id=\(operation.requestID)"
        return .json(
            bundles.operation(operation, of: begun),
            status: 202,
            fields: [
                .init(name: "Location", value: location), .init(name: "Retry-After", value: "10"),
            ]
        )
    }

    /// Makes the version that a creation has been waiting for, once its polls are over.
    func complete(_ name: String) async throws {
        guard let object = await cloud.store.contents(of: request.vault).live(name),
            let policy = object.policy, let operation = object.operation,
            !operation.isComplete, operation.remainingPolls == 0
        else { return }
        let now = Date()
        var made = try cloud.maker.make(
            policy,
            validity: .init(of: policy, fault: nil, now: now),
            now: now
        )
        made.tags = operation.tags
        made.isEnabled = operation.isEnabled
        try await cloud.store.update(request.vault) { [made] contents in
            guard var object = contents.live(name), object.operation == operation else { return }
            object.versions.append(made)
            object.operation?.isComplete = true
            contents[name] = object
        }
    }

    func importing(_ name: String) async throws -> Reply {
        guard let body = request.exchange.json, let sent = body["value"]?.string else {
            return .badParameter("Property value has invalid value")
        }
        let existing = await cloud.store.contents(of: request.vault)[name]
        if let refusal = refusal(existing, name) { return refusal }
        let value = Self.unwrapped(sent)
        var policy = CertificatePolicy(body["policy"], name: name, now: request.now)
        if body["policy"]?["secret_props"]?["contentType"] == nil, value.contains("-----BEGIN") {
            policy.contentType = SecretContentType.pem.rawValue
        }
        let imported: (version: VaultVersion, policy: CertificatePolicy)
        do {
            imported = try cloud.maker.importing(
                SensitiveBytes(copying: Array(value.utf8)),
                password: body["pwd"]?.string,
                policy: policy
            )
        } catch let error as CertificateError {
            return .badParameter(
                "The specified PKCS#12 or PEM X.509 certificate content can not be read: \(error)"
            )
        }
        var version = imported.version
        version.apply(body, now: request.now)
        return try await cloud.store.update(request.vault) { [version] contents in
            var object = contents[name] ?? VaultObject(name: name, kind: .certificate)
            object.policy = imported.policy
            object.operation = nil
            object.versions.append(version)
            contents[name] = object
            return .json(bundles.certificate(object, version, isNewest: true))
        }
    }

    /// PEM as it is: the SDKs send it in base64, like PKCS#12; the command line of Azure does not.
    static func unwrapped(_ value: String) -> String {
        guard let decoded = Data(base64Encoded: value),
            decoded.starts(with: Array("-----BEGIN".utf8))
        else { return value }
        return String(decoding: decoded, as: UTF8.self)
    }

    private func refusal(_ existing: VaultObject?, _ name: String) -> Reply? {
        guard let existing else { return nil }
        if existing.deletedAt != nil { return .deletedButRecoverable("Certificate", name) }
        return existing.kind == .certificate ? nil : .nameTaken("Secret", name)
    }
}
