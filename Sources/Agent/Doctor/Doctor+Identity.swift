import AzureIdentity
import Foundation
import KeyVault

extension Doctor {
    /// Whether each identity that a certificate is read with gets a token.
    func examineIdentities() async -> [Finding] {
        var findings: [Finding] = []
        for credential in identities {
            findings.append(await examine(credential))
        }
        return findings
    }

    /// Each once, in the order of the certificates.
    private var identities: [Credential] {
        var seen: Set<Credential> = []
        return certificates.map(\.credential).filter { seen.insert($0).inserted }
    }

    private func examine(_ credential: Credential) async -> Finding {
        let name = credential.name(in: settings.identitySurroundings)
        do throws(IdentityError) {
            let audience = settings.cloud.audience
            let token = try await tokens.token(for: audience, using: credential)
            return Finding(name, .ok, token.words)
        } catch {
            return Finding(name, .failed, error.description, hint: error.hint)
        }
    }
}

extension AccessToken {
    /// Whom it speaks for and how long, without the token itself.
    fileprivate var words: String {
        let claims = TokenClaims(self)
        let parts = [
            claims?.objectID.map { "object id \($0)" },
            claims?.applicationID.map { "client id \($0)" },
            claims?.tenantID.map { "tenant \($0)" },
            "until \(expiresAt.formatted(.rfc3339))",
        ]
        return "a token: " + parts.compactMap(\.self).joined(separator: ", ")
    }
}

extension Credential {
    /// The identity in the words of the settings.
    fileprivate func name(in surroundings: IdentitySurroundings) -> String {
        switch self {
        case .managedIdentity(let endpoint, let selector):
            // Why there is none is told with the token that it doesn't give.
            let found = endpoint ?? (try? .discovered(in: surroundings))
            return "managed identity \(selector.name)\(found.map { " of \($0.baseURL)" } ?? "")"
        case .application(let application, _):
            return "application \(application.clientID) of tenant \(application.tenantID)"
        case .workloadIdentity: return "workload identity"
        case .environment: return "application of the environment"
        case .azureCLI: return "login of the Azure CLI"
        }
    }
}

extension IdentitySelector {
    fileprivate var name: String {
        switch self {
        case .system: "(system-assigned)"
        case .clientID(let id): "with client id \(id)"
        case .objectID(let id): "with object id \(id)"
        case .resourceID(let id): "with resource id \(id)"
        }
    }
}
