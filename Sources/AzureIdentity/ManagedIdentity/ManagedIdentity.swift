import Foundation
import HTTP
import Sensitive

/// Asks the identity endpoint of the machine for tokens.
///
/// Microsoft: "How to use managed identities for Azure resources on an Azure VM to acquire an
/// access token"; for Azure Arc "Authenticate against Azure resources with Azure Arc-enabled
/// servers"; for apps "How to use managed identities for App Service and Azure Functions", section
/// "REST endpoint reference".
struct ManagedIdentity: Sendable {
    let http: HTTPClient
    let gate: IdentityGate
    let endpoint: IdentityEndpoint
    let selector: IdentitySelector
    /// Where the keys of Azure Arc's agent are.
    let arcKeys: String
    /// What App Service knows its app by.
    let appHeader: SensitiveBytes?
    let now: @Sendable () -> Date

    /// Finds the endpoint where none is given.
    init(
        http: HTTPClient,
        gate: IdentityGate,
        endpoint: IdentityEndpoint?,
        selector: IdentitySelector,
        surroundings: IdentitySurroundings,
        now: @escaping @Sendable () -> Date
    ) throws(CredentialProblem) {
        self.http = http
        self.gate = gate
        if let endpoint {
            self.endpoint = endpoint
        } else {
            self.endpoint = try .discovered(in: surroundings)
        }
        self.selector = selector
        arcKeys = surroundings.arcKeys
        self.now = now
        guard self.endpoint.kind == .appService else {
            appHeader = nil
            return
        }
        let header = surroundings.variable("IDENTITY_HEADER").map {
            SensitiveBytes(copying: Array($0.utf8))
        }
        guard let header, header.isToken else {
            throw CredentialProblem(
                operation: "read environment of managed identity",
                cause: "IDENTITY_HEADER is \(header == nil ? "not set" : "no header's value")",
                hint: "\(self.endpoint.baseURL) is of App Service or Container Apps, which set it "
                    + "for the app's processes"
            )
        }
        appHeader = header
    }

    /// One try for a new token.
    func token(for audience: String) async throws(TokenFailure) -> AccessToken {
        let asked = now()
        var response = try await answer(to: request(for: audience), audience)
        if endpoint.kind == .arc {
            response = try await answer(
                to: request(for: audience, key: try key(asked: response, audience)),
                audience
            )
        }
        guard response.status == 200 else { throw refusal(response, audience) }
        // Nothing of what the decoder says is passed on: it may quote the answer.
        guard let answer = try? response.json(as: TokenAnswer.self),
            let token = answer.token(now: asked)
        else { throw failure(.malformed, audience, "the answer holds no usable token") }
        guard endpoint.kind != .arc || answer.isOf(selector) else {
            throw failure(
                .refused,
                audience,
                "the token is of another identity than the one asked for",
                hint: "this agent of Azure Arc knows the system-assigned identity alone: leave "
                    + "\(selector.setting) out, or update the agent"
            )
        }
        return token
    }

    /// The key that Azure Arc's agent asks for in its first answer.
    ///
    /// Without that question it is not the agent who answers, whatever the answer.
    private func key(
        asked response: HTTPResponse,
        _ audience: String
    ) throws(TokenFailure) -> SensitiveBytes {
        guard response.status == 401 else {
            guard response.status == 200 else { throw refusal(response, audience) }
            throw failure(.malformed, audience, "a token came without the challenge of Azure Arc")
        }
        let challenge = response.value(of: "WWW-Authenticate")
        guard let key = ArcKey(challenge: challenge, directory: arcKeys) else {
            throw failure(
                .malformed,
                audience,
                "the challenge (\(challenge.map { $0.oneLine(limit: 120) } ?? "none")) names no "
                    + "key file in \(arcKeys)",
                hint: "find out which program has the port: ss -ltnp"
            )
        }
        do throws(CredentialFile.Problem) {
            return try key.read()
        } catch {
            let cause = "read key file \(key.path): \(error.cause)"
            throw failure(.refused, audience, cause, hint: error.hint)
        }
    }

    private func answer(
        to request: HTTPRequest,
        _ audience: String
    ) async throws(TokenFailure) -> HTTPResponse {
        do throws(HTTPError) {
            return try await gate.pass { () async throws(HTTPError) in
                try await http.send(request)
            }
        } catch {
            throw failure(
                .unreachable,
                audience,
                error.detail,
                isRetried: error.isTransient,
                hint: endpoint.kind == .arc
                    ? "see whether the agent of Azure Arc runs: systemctl status himdsd" : nil
            )
        }
    }

    private func request(for audience: String, key: SensitiveBytes? = nil) -> HTTPRequest {
        let (version, resource) =
            switch endpoint.kind {
            case .imds: ("2018-02-01", "msi_res_id")
            case .arc: ("2020-06-01", "msi_res_id")
            case .appService: ("2019-08-01", "mi_res_id")
            }
        let selection: [(String, String)] =
            switch selector {
            case .system: []
            case .clientID(let id): [("client_id", id)]
            case .objectID(let id): [("object_id", id)]
            case .resourceID(let id): [(resource, id)]
            }
        let query = [("api-version", version), ("resource", audience)] + selection
        // What a server-side request forgery can't send, and the endpoints therefore ask for.
        var fields = [HTTPField("Metadata", "true"), HTTPField("Accept", "application/json")]
        if let key {
            fields.append(HTTPField("Authorization", sensitive: key.prefixed(by: "Basic ")))
        }
        if let appHeader { fields.append(HTTPField("X-IDENTITY-HEADER", sensitive: appHeader)) }
        return HTTPRequest(
            .get,
            "\(endpoint.tokenURL)?\(query.percentEncoded)",
            fields: fields,
            limits: .identity,
            usesProxy: false
        )
    }
}

// MARK: - What went wrong

extension ManagedIdentity {
    private func refusal(_ response: HTTPResponse, _ audience: String) -> TokenFailure {
        // A body that isn't JSON has nothing to add to the status.
        let text = (try? response.json(as: TokenRefusal.self))?.text
        let cause = describe(status: response.status) + (text.map { " (\($0))" } ?? "")
        let kind: IdentityError.Kind =
            switch response.status {
            case 429: .throttled
            case 404, 408, 410, 500...599: .unreachable
            case 200...399: .malformed
            default: .refused
            }
        return failure(
            kind,
            audience,
            cause,
            status: response.status,
            isRetried: kind == .throttled || kind == .unreachable,
            retryAfter: response.retryAfter,
            hint: hint(for: response)
        )
    }

    private func hint(for response: HTTPResponse) -> String? {
        switch (endpoint.kind, response.status, selector) {
        case (.arc, 401, _):
            "the agent of Azure Arc did not take its own key: systemctl restart himdsd"
        case (.appService, 401, _), (.appService, 403, _):
            "IDENTITY_HEADER may be another by now: restart kvagent"
        case (.appService, 400..., .system):
            "give the app a managed identity: az webapp identity assign, or az containerapp "
                + "identity assign"
        case (.appService, 400..., _):
            "the identity of \(selector.setting) has to be assigned to the app"
        case (.arc, 400..., _):
            "see what the agent of Azure Arc says: azcmagent show"
        case (_, 400, .system):
            "give this machine a managed identity, or name one of its own with "
                + "authenticationSettings.msiClientId"
        case (_, 400, _):
            "the identity of \(selector.setting) has to be assigned to this machine"
        case (_, 401, _) where response.value(of: "WWW-Authenticate")?.hasPrefix("Basic ") == true:
            "this asks like Azure Arc, whose endpoint is \(IdentityEndpoint.arc.baseURL)"
        default:
            nil
        }
    }

    private func failure(
        _ kind: IdentityError.Kind,
        _ audience: String,
        _ cause: String,
        status: Int? = nil,
        isRetried: Bool = false,
        retryAfter: Duration? = nil,
        hint: String? = nil
    ) -> TokenFailure {
        let text = "get token for \(audience) from \(endpoint.name): \(cause)"
        let error = IdentityError(kind: kind, description: text, hint: hint)
        return TokenFailure(
            error: error,
            status: status,
            isRetried: isRetried,
            retryAfter: retryAfter
        )
    }
}
