import AzureIdentity

extension Settings {
    /// `authenticationSettings` as they count.
    var effectiveAuthentication: EffectiveValue {
        let path = "authenticationSettings"
        func entries(
            _ kind: CredentialKind,
            _ values: [(key: String, value: String?)],
            flags: [(key: String, value: Bool)] = []
        ) -> EffectiveValue {
            let all = [("credential", kind.rawValue)] + values
            let texts = all.map { key, value in (key, value.map { text($0, "\(path).\(key)") }) }
            return .entries(
                texts
                    + flags.map { ($0.key, .scalar(.flag($0.value), origin("\(path).\($0.key)"))) }
            )
        }
        switch credential {
        case .managedIdentity(let endpoint, let selector):
            // What can't be found is told to whoever asks for a token.
            let endpoint = endpoint ?? (try? .discovered(in: identitySurroundings))
            return entries(
                .managedIdentity,
                [("msiEndpoint", endpoint?.baseURL)] + [selector.entry].compactMap(\.self)
            )
        case .application(let application, .secretFile(let file)):
            return entries(.clientSecret, application.entries + [("clientSecretFile", file)])
        case .application(let application, .certificateFile(let file, let sendsChain)):
            return entries(
                .clientCertificate,
                application.entries + [("certificateFile", file)],
                flags: [("sendCertificateChain", sendsChain)]
            )
        case .application:
            // No setting makes these; they are what others come down to.
            return .map([])
        case .environment:
            return entries(.environment, [])
        case .azureCLI(let tenantID):
            return entries(.azureCLI, [("tenantId", tenantID)])
        case .workloadIdentity(let identity):
            return entries(
                .workloadIdentity,
                [
                    ("tenantId", identity.tenantID), ("clientId", identity.clientID),
                    ("tokenFile", identity.tokenFile),
                ]
            )
        }
    }

    /// An entry's `authenticationOverride`.
    func effectiveOverride(_ credential: Credential, _ path: String) -> EffectiveValue? {
        guard case .managedIdentity(_, let selector) = credential, let entry = selector.entry,
            let id = entry.value
        else { return nil }
        return .entries((entry.key, text(id, "\(path).\(entry.key)")))
    }
}

extension IdentitySelector {
    fileprivate var entry: (key: String, value: String?)? {
        switch self {
        case .system: nil
        case .clientID(let id): ("msiClientId", id)
        case .objectID(let id): ("msiObjectId", id)
        case .resourceID(let id): ("msiResourceId", id)
        }
    }
}

extension Application {
    fileprivate var entries: [(key: String, value: String?)] {
        [("tenantId", tenantID), ("clientId", clientID)]
    }
}
