import Hummingbird
import HummingbirdCore

/// The authority that applications log in to (Entra ID, endpoint v2.0): discovery and tokens for
/// client credentials.
///
/// Numbers are numbers on this wire.
struct AuthorityService: Sendable {
    let cloud: EmulatedCloud

    static let host = "login.localhost"

    func respond(to exchange: Exchange) async -> Response {
        let kind = kind(of: exchange)
        // Tests that break the authority mean its tokens; discovery goes with them.
        let faults = cloud.faults.take(for: .authority)
        let reply = await faulty(faults) { answer(exchange, kind) }
        cloud.log.note(kind, exchange, status: reply.status)
        return reply.response(isCutOff: faults.contains { $0.kind == .cutOff })
    }

    private func kind(of exchange: Exchange) -> EmulatorStatistics.Kind {
        let path = exchange.segments
        if path == ["common", "discovery", "instance"] { return .discovery }
        return switch path.dropFirst() {
        case ["v2.0", ".well-known", "openid-configuration"]: .discovery
        case ["oauth2", "v2.0", "token"]: .token
        default: .other
        }
    }

    private func answer(_ exchange: Exchange, _ kind: EmulatorStatistics.Kind) -> Reply {
        switch (kind, exchange.method) {
        case (.discovery, "GET") where exchange.segments.last == "instance": instances(exchange)
        case (.discovery, "GET"): openIDConfiguration(exchange)
        case (.token, "POST"): token(exchange)
        default: .html("<h2>404 - Not Found</h2>", status: 404)
        }
    }

    private func instances(_ exchange: Exchange) -> Reply {
        let host = JSON.string(exchange.authority)
        return .json(
            .object([
                "tenant_discovery_endpoint": .string(
                    "https://\(exchange.authority)/\(TokenAuthority.tenant)/v2.0/.well-known/"
                        + "openid-configuration"
                ),
                "api-version": .string("1.1"),
                "metadata": .array([
                    .object([
                        "preferred_network": host,
                        "preferred_cache": host,
                        "aliases": .array([host]),
                    ])
                ]),
            ])
        )
    }

    private func openIDConfiguration(_ exchange: Exchange) -> Reply {
        let base = "https://\(exchange.authority)/\(exchange.segments.first ?? "")"
        return .json(
            .object([
                "token_endpoint": .string(base + "/oauth2/v2.0/token"),
                "token_endpoint_auth_methods_supported": .array([
                    .string("client_secret_post"), .string("private_key_jwt"),
                ]),
                "response_types_supported": .array([.string("code")]),
                "subject_types_supported": .array([.string("pairwise")]),
                "id_token_signing_alg_values_supported": .array([.string("RS256")]),
                "issuer": .string(base + "/v2.0"),
                "authorization_endpoint": .string(base + "/oauth2/v2.0/authorize"),
                "device_authorization_endpoint": .string(base + "/oauth2/v2.0/devicecode"),
                "jwks_uri": .string(base + "/discovery/v2.0/keys"),
            ])
        )
    }

    private func token(_ exchange: Exchange) -> Reply {
        let form = Self.form(exchange.body)
        do throws(AuthorityRefusal) {
            return try token(
                form,
                tenant: exchange.segments.first ?? "",
                host: exchange.authority
            )
        } catch {
            return error.reply
        }
    }

    private func token(
        _ form: [String: String],
        tenant: String,
        host: String
    ) throws(AuthorityRefusal) -> Reply {
        guard form["grant_type"] == "client_credentials" else {
            throw AuthorityRefusal(
                "unsupported_grant_type",
                70_003,
                "The app requested an unsupported grant type '\(form["grant_type"] ?? "")'."
            )
        }
        guard let client = form["client_id"], !client.isEmpty else {
            throw AuthorityRefusal(
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'client_id'."
            )
        }
        guard let scope = form["scope"], scope.hasPrefix("https://"), scope.hasSuffix("/.default")
        else {
            throw AuthorityRefusal(
                "invalid_scope",
                1_002_012,
                "The provided value for scope \(form["scope"] ?? "") is not valid."
            )
        }
        guard tenant.lowercased() == TokenAuthority.tenant else {
            throw AuthorityRefusal(
                "invalid_request",
                90_002,
                "Tenant '\(tenant)' not found. Check to make sure you have the correct tenant ID "
                    + "and are signing into the correct cloud."
            )
        }
        let desk = ApplicationDesk(
            configuration: cloud.configuration,
            host: host,
            now: EmulatedCloud.now
        )
        try desk.check(form, of: client)
        let (token, claims) = cloud.issueToken(
            for: String(scope.dropLast("/.default".count)),
            to: ManagedIdentity(clientID: client, objectID: client)
        )
        let lifetime = JSON.integer(claims.exp - claims.iat)
        return .json(
            .object([
                "token_type": .string("Bearer"),
                "expires_in": lifetime,
                "ext_expires_in": lifetime,
                "access_token": .string(token),
            ])
        )
    }

    /// The members of a form, as `application/x-www-form-urlencoded` has them.
    static func form(_ body: [UInt8]) -> [String: String] {
        let text = String(decoding: body, as: UTF8.self)
        let query = String(text.map { $0 == "+" ? " " : $0 }).split(separator: " ")
            .joined(separator: "%20")
        var form: [String: String] = [:]
        for (name, value) in URI("/?" + query).queryParameters {
            form[String(name)] = String(value)
        }
        return form
    }
}
