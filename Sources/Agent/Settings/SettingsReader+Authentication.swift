import AzureIdentity
import Foundation
import SystemPackage

extension SettingsReader {
    /// `authenticationSettings`; without it, the machine's system-assigned identity.
    mutating func authentication(_ cursor: SettingsCursor?) -> Credential {
        let standard = Credential.managedIdentity(nil, .system)
        guard let cursor, !cursor.isNull else { return standard }
        let fields = fields(cursor)
        var kind = CredentialKind.managedIdentity
        if let text = string(fields["credential"]), let place = fields["credential"] {
            guard let named = CredentialKind(rawValue: text) else {
                fail(place, "expected one of \(CredentialKind.names), found \"\(text)\"")
                return standard
            }
            kind = named
        }
        refuse(fields, without: kind)
        return switch kind {
        case .managedIdentity: managedIdentity(fields, cursor)
        case .clientSecret: clientSecret(fields, cursor) ?? standard
        case .clientCertificate: clientCertificate(fields, cursor) ?? standard
        // Whatever is left out is in the environment of those who ask for tokens.
        case .workloadIdentity:
            .workloadIdentity(
                WorkloadIdentity(
                    tenantID: tenant(fields["tenantId"]),
                    clientID: clientID(fields["clientId"]),
                    tokenFile: directory(fields["tokenFile"])?.string
                )
            )
        case .environment: .environment
        case .azureCLI: .azureCLI(tenantID: tenant(fields["tenantId"]))
        }
    }

    /// Refuses what another credential would need: the operator counts on it.
    private mutating func refuse(_ fields: SettingsFields, without kind: CredentialKind) {
        let strange = fields.entries.filter { key, _ in
            key != "credential" && !kind.keys.contains(key)
        }
        for (key, place) in strange.sorted(by: { $0.key < $1.key }) {
            let others = CredentialKind.allCases.filter { $0.keys.contains(key) }
            let names = others.map(\.rawValue).joined(separator: " or ")
            fail(
                place,
                "means nothing to credential: \(kind.rawValue); it is for credential: \(names)"
            )
        }
    }

    private mutating func managedIdentity(
        _ fields: SettingsFields,
        _ cursor: SettingsCursor
    ) -> Credential {
        var endpoint: IdentityEndpoint?
        if let text = string(fields["msiEndpoint"]), let place = fields["msiEndpoint"] {
            do {
                endpoint = try IdentityEndpoint(setting: text)
            } catch {
                fail(place, "\(error)")
            }
        }
        let selectors = [
            clientID(fields["msiClientId"]).map { IdentitySelector.clientID($0) },
            string(fields["msiObjectId"]).map { IdentitySelector.objectID($0) },
            string(fields["msiResourceId"]).map { IdentitySelector.resourceID($0) },
        ].compactMap(\.self)
        if selectors.count > 1 {
            fail(cursor, "give only one of msiClientId, msiObjectId and msiResourceId")
        }
        return .managedIdentity(endpoint, selectors.first ?? .system)
    }

    private mutating func clientSecret(
        _ fields: SettingsFields,
        _ cursor: SettingsCursor
    ) -> Credential? {
        guard let application = application(fields, cursor),
            let file = credentialFile(fields["clientSecretFile"], "clientSecretFile", cursor)
        else { return nil }
        return .application(application, .secretFile(file))
    }

    private mutating func clientCertificate(
        _ fields: SettingsFields,
        _ cursor: SettingsCursor
    ) -> Credential? {
        let sendsChain = boolean(fields["sendCertificateChain"]) ?? false
        guard let application = application(fields, cursor),
            let file = credentialFile(fields["certificateFile"], "certificateFile", cursor)
        else { return nil }
        return .application(application, .certificateFile(file, sendsChain: sendsChain))
    }

    /// The application that `tenantId` and `clientId` name, both of which have to be there.
    private mutating func application(
        _ fields: SettingsFields,
        _ cursor: SettingsCursor
    ) -> Application? {
        for key in ["tenantId", "clientId"] where fields[key] == nil {
            fail(cursor, "needs \(key)")
        }
        guard let tenant = tenant(fields["tenantId"]), let client = clientID(fields["clientId"])
        else { return nil }
        return Application(tenantID: tenant, clientID: client)
    }

    private mutating func tenant(_ cursor: SettingsCursor?) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        // The names that stand for any tenant are for people who log in.
        let isAnyone = ["common", "organizations", "consumers"].contains(text.lowercased())
        guard Application.isTenant(text), !isAnyone else {
            fail(cursor, "expected the tenant's id, a GUID, or one of its domains")
            return nil
        }
        return text
    }

    /// The file of a secret or a certificate: its path, or the name of a credential of systemd's.
    private mutating func credentialFile(
        _ cursor: SettingsCursor?,
        _ key: String,
        _ parent: SettingsCursor
    ) -> String? {
        guard let cursor else {
            fail(
                parent,
                "needs \(key): the path of a file, or the name of a credential of the service "
                    + "(systemd.exec(5), LoadCredential=)"
            )
            return nil
        }
        guard let text = string(cursor) else { return nil }
        let path = FilePath(text)
        let isName = text.first != "." && text.utf8.allSatisfy(Self.isCredentialByte)
        guard isName || path.isAbsolute && path.isLexicallyNormal else {
            // Not quoted: somebody may have put the secret itself there.
            fail(
                cursor,
                "expected an absolute path, or a name of letters, digits, \".\", \"-\", \"_\""
            )
            return nil
        }
        return isName ? text : path.string
    }

    private static func isCredentialByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// The `authorityHost` of a cloud.
    mutating func authorityHost(_ cursor: SettingsCursor?) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        do {
            _ = try AuthorityHost(setting: text)
            return text
        } catch {
            fail(cursor, "\(error)")
            return nil
        }
    }

    /// An entry's `authenticationOverride`: another identity on the same endpoint.
    mutating func override(_ cursor: SettingsCursor?, of credential: Credential) -> Credential {
        guard let cursor, !cursor.isNull else { return credential }
        let fields = fields(cursor)
        guard let id = clientID(fields["msiClientId"]) else {
            if fields["msiClientId"] == nil { fail(cursor, "needs msiClientId") }
            return credential
        }
        guard case .managedIdentity(let endpoint, _) = credential else {
            fail(cursor, "means nothing but to credential: managedIdentity")
            return credential
        }
        return .managedIdentity(endpoint, .clientID(id))
    }

    /// A client id; users have put resource ids there, which IMDS answers with a riddle.
    private mutating func clientID(_ cursor: SettingsCursor?) -> String? {
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
        return text.lowercased()
    }
}
