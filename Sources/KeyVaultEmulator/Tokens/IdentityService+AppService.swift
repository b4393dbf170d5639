import FoundationEssentials

/// App Service's endpoint, and that of Container Apps: tokens for whoever knows the app's header.
///
/// Source: learn.microsoft.com "How to use managed identities for App Service and Azure Functions",
/// section "REST endpoint reference".
extension IdentityService {
    static let appServicePath = "/msi/token"

    func appServiceAnswer(_ exchange: Exchange, header: String) -> Reply {
        guard exchange.method == "GET" else { return appServiceRefusal(405, "Method not allowed") }
        guard exchange.fields["x-identity-header"] == header else {
            return appServiceRefusal(401, "X-IDENTITY-HEADER is missing or wrong")
        }
        guard exchange.query["api-version"] == "2019-08-01" else {
            return appServiceRefusal(400, "The api-version is not supported")
        }
        guard let resource = exchange.query["resource"], resource.hasPrefix("https://") else {
            // As vague as the real one.
            return appServiceRefusal(500, "An unexpected error occurred while fetching the token")
        }
        var query = exchange.query
        // It goes by another name here, and by the other one is unknown.
        query["msi_res_id"] = query["mi_res_id"]
        switch identity(for: query) {
        case .found(let identity):
            let (token, claims) = cloud.issueToken(for: resource, to: identity)
            return .json(
                .object([
                    "access_token": .string(token),
                    "client_id": .string(identity.clientID),
                    "expires_on": .string(String(claims.exp)),
                    "resource": .string(resource),
                    "token_type": .string("Bearer"),
                ])
            )
        case .notFound, .ambiguous:
            return appServiceRefusal(400, "No User Assigned or Delegated Managed Identity found")
        }
    }

    private func appServiceRefusal(_ status: Int, _ message: String) -> Reply {
        .json(
            .object(["statusCode": .integer(status), "message": .string(message)]),
            status: status
        )
    }
}
