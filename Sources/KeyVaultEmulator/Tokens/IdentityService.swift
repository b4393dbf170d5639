import Hummingbird

/// The identity endpoint of a virtual machine (IMDS): tokens for whoever can reach it.
///
/// Or that of Azure Arc: tokens for whoever can read the agent's keys as well. Beside it, that of
/// App Service.
///
/// Sources: learn.microsoft.com "How to use managed identities for Azure resources on an Azure VM to
/// acquire an access token", and "Authenticate against Azure resources with Azure Arc-enabled
/// servers". Numbers are strings on this wire.
struct IdentityService: Sendable {
    let cloud: EmulatedCloud

    static let path = "/metadata/identity/oauth2/token"

    func respond(to exchange: Exchange) async -> Response {
        let faults = cloud.faults.take(for: .identity)
        let reply = await faulty(faults) { answer(exchange) }
        cloud.log.note(
            [Self.path, Self.appServicePath].contains(exchange.path) ? .identity : .other,
            exchange,
            status: reply.status
        )
        return reply.response(isCutOff: faults.contains { $0.kind == .cutOff })
    }

    private func answer(_ exchange: Exchange) -> Reply {
        if exchange.path == Self.appServicePath, let header = cloud.configuration.appServiceHeader {
            return appServiceAnswer(exchange, header: header)
        }
        guard exchange.path == Self.path else {
            return .html("<h2>404 - Not Found</h2>", status: 404)
        }
        guard exchange.method == "GET" else {
            return refusal("bad_request", "Method \(exchange.method) is not allowed", status: 405)
        }
        guard exchange.fields["metadata"] == "true" else {
            return refusal("invalid_request", "Required metadata header not specified")
        }
        // The real endpoint refuses what a proxy has forwarded.
        guard exchange.fields["x-forwarded-for"] == nil else {
            return refusal("invalid_request", "Request contains forbidden header X-Forwarded-For")
        }
        guard let version = exchange.query["api-version"],
            version.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil
        else {
            return refusal("invalid_request", "Required query variable 'api-version' is missing")
        }
        if let challenges = cloud.arcChallenges,
            let challenge = challenge(to: exchange, from: challenges)
        {
            return challenge
        }
        guard let resource = exchange.query["resource"], !resource.isEmpty else {
            return refusal("invalid_request", "Required query variable 'resource' is missing")
        }
        guard resource.hasPrefix("https://") else {
            return refusal(
                "invalid_resource",
                "AADSTS50001: The application named \(resource) was not found in the tenant named "
                    + "\(TokenAuthority.tenant)."
            )
        }
        switch identity(for: exchange.query) {
        case .found(let identity):
            return token(for: resource, of: identity, query: exchange.query)
        case .notFound:
            return refusal("invalid_request", "Identity not found")
        case .ambiguous:
            return refusal(
                "invalid_request",
                "Multiple user assigned identities exist, please specify the clientId / "
                    + "resourceId of the identity in the token request"
            )
        }
    }

    /// What Azure Arc's agent answers a request without a key of its own; nil for one with it.
    private func challenge(to exchange: Exchange, from challenges: ArcChallenges) -> Reply? {
        if let authorization = exchange.fields["authorization"] {
            if challenges.accepts(authorization) { return nil }
            return refusal("unauthorized_client", "Invalid challenge response", status: 401)
        }
        do {
            var reply = refusal("unauthorized_client", "Missing Basic Authorization", status: 401)
            let realm = try challenges.issue()
            reply.fields = [.init(name: "WWW-Authenticate", value: "Basic realm=\(realm)")]
            return reply
        } catch {
            return refusal("internal_error", "\(error)", status: 500)
        }
    }

    private func token(
        for resource: String,
        of identity: ManagedIdentity,
        query: [String: String]
    ) -> Reply {
        let (token, claims) = cloud.issueToken(for: resource, to: identity)
        let lifetime = claims.exp - claims.iat
        return .json(
            .object([
                "access_token": .string(token),
                "client_id": .string(identity.clientID),
                "expires_in": .string(String(lifetime)),
                "expires_on": .string(String(claims.exp)),
                "ext_expires_in": .string(String(max(lifetime - 1, 0))),
                "not_before": .string(String(claims.nbf)),
                "resource": .string(resource),
                "token_type": .string("Bearer"),
                // Which identity it is, in the terms of the request.
                "object_id": query["object_id"].map { .string($0) },
                "msi_res_id": query["msi_res_id"].map { .string($0) },
            ])
        )
    }

    enum Choice {
        case found(ManagedIdentity)
        case notFound
        case ambiguous
    }

    /// The identity that a request names, or the only one it can mean.
    func identity(for query: [String: String]) -> Choice {
        let assigned = cloud.configuration.identities
        let known = assigned + (cloud.configuration.hasSystemIdentity ? [.system] : [])
        let asked: (ManagedIdentity) -> Bool
        if let id = query["client_id"]?.lowercased() {
            asked = { $0.clientID.lowercased() == id }
        } else if let id = query["object_id"]?.lowercased() {
            asked = { $0.objectID.lowercased() == id }
        } else if let id = query["msi_res_id"]?.lowercased() {
            asked = { $0.resourceID?.lowercased() == id }
        } else if cloud.configuration.hasSystemIdentity {
            return .found(.system)
        } else if assigned.count > 1 {
            return .ambiguous
        } else {
            asked = { _ in true }
        }
        return known.first(where: asked).map(Choice.found) ?? .notFound
    }

    private func refusal(_ error: String, _ description: String, status: Int = 400) -> Reply {
        .json(
            .object(["error": .string(error), "error_description": .string(description)]),
            status: status
        )
    }
}
