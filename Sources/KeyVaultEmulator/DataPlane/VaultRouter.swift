/// Which operation a request to a vault is.
struct VaultRouter: Sendable {
    let cloud: EmulatedCloud
    let request: VaultRequest

    func answer() async throws -> Reply {
        switch request.collection {
        case .secrets: try await secrets()
        case .certificates: try await certificates()
        case .deletedsecrets: try await deletedSecrets()
        case .deletedcertificates: try await deletedCertificates()
        case .keys: .notFound("Key", request.name ?? "")
        case nil: .html("<h2>404 - Not Found</h2>", status: 404)
        }
    }

    private func read(_ operation: (VaultContents) -> Reply) async -> Reply {
        operation(await cloud.store.contents(of: request.vault))
    }

    private func write(_ operation: @Sendable (inout VaultContents) -> Reply) async throws -> Reply
    {
        try await cloud.store.update(request.vault) { operation(&$0) }
    }

    private var methodNotAllowed: Reply {
        .badParameter(
            "Method \(request.exchange.method) does not allow operation "
                + "'\(request.rest.first ?? request.name ?? "")'"
        )
    }

    private func secrets() async throws -> Reply {
        let secrets = SecretOperations(request: request)
        guard let name = request.name else {
            return request.exchange.method == "GET" ? await read(secrets.list) : methodNotAllowed
        }
        return switch (request.exchange.method, request.rest.count, request.rest.first) {
        case ("GET", 1, "versions"): await read { secrets.versions(name, $0) }
        case ("GET", 0...1, let version): await read { secrets.get(name, version: version, $0) }
        case ("PUT", 0, _): try await write { secrets.set(name, &$0) }
        case ("PATCH", 0...1, let version):
            try await write { secrets.update(name, version: version, &$0) }
        case ("DELETE", 0, _): try await write { secrets.delete(name, &$0) }
        default: methodNotAllowed
        }
    }

    private func deletedSecrets() async throws -> Reply {
        let secrets = SecretOperations(request: request)
        guard let name = request.name else {
            return request.exchange.method == "GET"
                ? await read(secrets.listDeleted) : methodNotAllowed
        }
        return switch (request.exchange.method, request.rest) {
        case ("GET", []): await read { secrets.getDeleted(name, $0) }
        case ("POST", ["recover"]): try await write { secrets.recover(name, &$0) }
        case ("DELETE", []): try await write { secrets.purge(name, &$0) }
        default: methodNotAllowed
        }
    }

    private func certificates() async throws -> Reply {
        let certificates = CertificateOperations(request: request)
        let creation = CertificateCreation(cloud: cloud, request: request)
        guard let name = request.name else {
            return request.exchange.method == "GET"
                ? await read { certificates.list($0, deleted: false) } : methodNotAllowed
        }
        switch (request.exchange.method, request.rest.count, request.rest.first) {
        case ("GET", 1, "versions"): return await read { certificates.versions(name, $0) }
        case ("GET", 1, "policy"): return await read { certificates.policy(name, $0) }
        case ("GET", 1, "pending"):
            try await creation.complete(name)
            return try await write { certificates.pending(name, &$0) }
        case ("GET", 0...1, let version):
            return await read { certificates.get(name, version: version, $0) }
        case ("POST", 1, "create"): return try await creation.create(name)
        case ("POST", 1, "import"): return try await creation.importing(name)
        case ("PATCH", 1, "policy"):
            return try await write { certificates.updatePolicy(name, &$0) }
        case ("PATCH", 0...1, let version):
            return try await write { certificates.update(name, version: version, &$0) }
        case ("DELETE", 0, _): return try await write { certificates.delete(name, &$0) }
        default: return methodNotAllowed
        }
    }

    private func deletedCertificates() async throws -> Reply {
        let certificates = CertificateOperations(request: request)
        guard let name = request.name else {
            return request.exchange.method == "GET"
                ? await read { certificates.list($0, deleted: true) } : methodNotAllowed
        }
        return switch (request.exchange.method, request.rest) {
        case ("GET", []): await read { certificates.getDeleted(name, $0) }
        case ("POST", ["recover"]): try await write { certificates.recover(name, &$0) }
        case ("DELETE", []): try await write { certificates.purge(name, &$0) }
        default: methodNotAllowed
        }
    }
}
