import Hummingbird

/// The vaults: who may ask, what is asked, and the fields that every answer has.
struct VaultService: Sendable {
    let cloud: EmulatedCloud

    func respond(to exchange: Exchange) async -> Response {
        let behaviour = cloud.behaviour
        guard let request = VaultRequest(exchange, behaviour: behaviour, now: EmulatedCloud.now)
        else {
            cloud.log.note(.other, exchange, status: 404)
            return Reply.html("<h2>Our services aren't available right now</h2>", status: 404)
                .response()
        }
        let access = await cloud.store.contents(of: request.vault).access ?? VaultAccess()
        let faults = cloud.faults.take(for: request)
        var caller: TokenAuthority.Claims?
        var reply = await faulty(faults) {
            guard cloud.throttle.lets(through: access.limit, of: request.vault, now: .now) else {
                return .throttled(.vault, retryAfterSeconds: access.limit?.retryAfterSeconds)
            }
            switch authenticate(request, faults) {
            case .failure(let refusal): return refusal.reply
            case .success(let claims):
                caller = claims
                return await answer(request, faults, access, caller: claims)
            }
        }
        reply.fields += fields(for: request)
        if access.model == .roles, caller != nil { reply.fields += Self.roleFields }
        cloud.log.note(
            request.kind,
            exchange,
            status: reply.status,
            clientID: caller?.appid
        )
        return reply.response(isCutOff: faults.contains { $0.kind == .cutOff })
    }

    /// A refusal as an error.
    private struct Refusal: Error {
        let reply: Reply
    }

    /// Checks the token; without one, or with a bad one, the answer is a challenge.
    private func authenticate(
        _ request: VaultRequest,
        _ faults: [Fault]
    ) -> Result<TokenAuthority.Claims, Refusal> {
        func refuse(_ message: String) -> Result<TokenAuthority.Claims, Refusal> {
            .failure(Refusal(reply: .unauthorized(message, port: request.port)))
        }
        let authorization = request.exchange.fields["authorization"] ?? ""
        guard authorization.prefix(7).lowercased() == "bearer ", authorization.utf8.count > 7 else {
            let message = "Request is missing a Bearer or PoP token."
            return refuse(
                request.behaviour.challengeWording == .current ? "AKV10000: " + message : message
            )
        }
        if faults.contains(where: { $0.kind == .refuseToken }) { return refuse(Self.expired) }
        let audience = "https://vault.localhost"
        do throws(TokenAuthority.Refusal) {
            return .success(
                try cloud.tokens.check(
                    String(authorization.dropFirst(7)),
                    audiences: [audience + request.port, audience],
                    now: request.now
                )
            )
        } catch {
            switch error {
            case .malformed:
                return refuse("[BearerReadAccessTokenFailed] Error validating token: 'S2S12005'.")
            case .expired: return refuse(Self.expired)
            case .wrongAudience(let found):
                return refuse(
                    "AKV10022: Invalid audience. Expected \(audience)\(request.port), found: "
                        + "\(found)."
                )
            }
        }
    }

    private static let expired = "[TokenExpired] Error validating token: 'S2S12086'."

    /// The answer to a caller who is who it says; permission is checked last.
    private func answer(
        _ request: VaultRequest,
        _ faults: [Fault],
        _ access: VaultAccess,
        caller: TokenAuthority.Claims
    ) async -> Reply {
        guard request.hasAPIVersion else {
            return .badParameter("api-version is missing or not supported")
        }
        guard request.hasGoodName else {
            return .badParameter(
                "The request URI contains an invalid name: \(request.name ?? "")"
            )
        }
        for fault in faults {
            if let denial = denial(fault.kind, request, caller.caller) { return denial }
        }
        if let denial = access.denial(of: request, by: caller) { return denial }
        do {
            return try await VaultRouter(cloud: cloud, request: request).answer()
        } catch {
            return .refusal(500, "InternalServerError", "\(error)")
        }
    }

    private func denial(_ kind: Fault.Kind, _ request: VaultRequest, _ caller: String) -> Reply? {
        switch kind {
        case .denyCertificateList:
            return .deniedByPolicy(caller, permission: "certificates list", vault: request.vault)
        case .denyCertificates:
            return .deniedByRole(
                caller,
                action: request.action,
                vault: request.vault,
                object: request.objectPath
            )
        case .denySecrets:
            return .deniedByPolicy(
                caller,
                permission: request.permission,
                vault: request.vault
            )
        case .denyAddress: return .deniedByFirewall(caller, vault: request.vault)
        case .denyObject: return .objectNotPermitted
        default: return nil
        }
    }

    /// What a vault with role assignments adds, as it has been recorded.
    private static let roleFields: [Reply.Field] = [
        .init(
            name: "x-ms-keyvault-rbac-assignment-id",
            value: "0ca71076-4c54-51c3-8622-e5e45ccee0d6"
        ),
        .init(
            name: "x-ms-keyvault-rbac-cache",
            value: "ra_age=53;da_age=9277;rd_age=9277;brd_age=13617;ra_notif_age=2778;dec_lev=0;"
        ),
    ]

    private func fields(for request: VaultRequest) -> [Reply.Field] {
        var fields: [Reply.Field] = [
            .init(name: "Cache-Control", value: "no-cache"),
            .init(name: "Pragma", value: "no-cache"),
            .init(name: "Expires", value: "-1"),
            .init(name: "x-ms-keyvault-region", value: "westeurope"),
            .init(name: "x-ms-request-id", value: RequestID.make()),
            .init(name: "x-ms-keyvault-service-version", value: "1.9.2650.1"),
            .init(
                name: "x-ms-keyvault-network-info",
                value: "conn_type=Ipv4;addr=\(VaultAccess.clientAddress);"
                    + "act_addr_fam=InterNetwork;"
            ),
            .init(name: "X-Content-Type-Options", value: "nosniff"),
            .init(name: "Strict-Transport-Security", value: "max-age=31536000;includeSubDomains"),
        ]
        if let id = request.exchange.fields["x-ms-client-request-id"] {
            fields.append(.init(name: "x-ms-client-request-id", value: id))
        }
        return fields
    }
}
