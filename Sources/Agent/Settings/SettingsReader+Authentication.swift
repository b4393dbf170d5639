import AzureIdentity
import Foundation

extension SettingsReader {
    /// `authenticationSettings`; without it, the machine's system-assigned identity.
    mutating func authentication(_ cursor: SettingsCursor?) -> Credential {
        let fields = cursor.map { self.fields($0) } ?? [:]
        if let credential = string(fields["credential"]), credential != "managedIdentity",
            let place = fields["credential"]
        {
            fail(place, "expected managedIdentity, found \"\(credential)\"")
        }
        var endpoint: IdentityEndpoint?
        if let text = string(fields["msiEndpoint"]), let place = fields["msiEndpoint"] {
            do {
                endpoint = try IdentityEndpoint(setting: text)
            } catch {
                fail(place, "\(error)")
            }
        }
        let selectors = [
            clientID(fields["msiClientId"]),
            string(fields["msiObjectId"]).map { IdentitySelector.objectID($0) },
            string(fields["msiResourceId"]).map { IdentitySelector.resourceID($0) },
        ].compactMap(\.self)
        if selectors.count > 1, let cursor {
            fail(cursor, "give only one of msiClientId, msiObjectId and msiResourceId")
        }
        return .managedIdentity(endpoint, selectors.first ?? .system)
    }

    /// An entry's `authenticationOverride`: another identity on the same endpoint.
    mutating func override(_ cursor: SettingsCursor?, of credential: Credential) -> Credential {
        guard let cursor, !cursor.isNull else { return credential }
        let fields = fields(cursor)
        guard let selector = clientID(fields["msiClientId"]) else {
            if fields["msiClientId"] == nil { fail(cursor, "needs msiClientId") }
            return credential
        }
        switch credential {
        case .managedIdentity(let endpoint, _): return .managedIdentity(endpoint, selector)
        }
    }

    /// A client id; users have put resource ids there, which IMDS answers with a riddle.
    private mutating func clientID(_ cursor: SettingsCursor?) -> IdentitySelector? {
        guard let text = string(cursor), let cursor else { return nil }
        guard UUID(uuidString: text) != nil else {
            fail(
                cursor,
                text.hasPrefix("/")
                    ? "is a resource id; give it as msiResourceId, or the identity's client id here"
                    : "expected the identity's client id, a GUID, found \"\(text)\""
            )
            return nil
        }
        return .clientID(text.lowercased())
    }
}
