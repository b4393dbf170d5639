import PKI
import Yams

extension SettingsReader {
    /// `verify` of a certificate: a map, or a list of them.
    mutating func verifications(_ cursor: SettingsCursor?) -> [Verification] {
        guard let cursor, !cursor.isNull else { return [] }
        if cursor.node.mapping != nil { return verification(cursor).map { [$0] } ?? [] }
        var all = elements(cursor).compactMap { verification($0) }
        for index in all.indices {
            all[index].sharesEndpoint = all.count { $0.endpoint == all[index].endpoint } > 1
        }
        return all
    }

    private mutating func verification(_ cursor: SettingsCursor) -> Verification? {
        let fields = fields(cursor)
        let startTLS = startTLS(fields["startTLS"])
        let serverName = serverName(fields["serverName"])
        let timeout = duration(fields["timeout"]) ?? .seconds(10)
        guard let text = string(fields["connect"]), let place = fields["connect"] else {
            if fields["connect"] == nil, cursor.node.mapping != nil {
                fail(cursor, "needs connect: HOST:PORT, e.g. \"127.0.0.1:443\"")
            }
            return nil
        }
        guard let endpoint = TLSEndpoint(text) else {
            fail(
                place,
                "expected HOST:PORT such as \"127.0.0.1:443\" or \"[::1]:443\", found \"\(text)\""
            )
            return nil
        }
        return Verification(
            endpoint: endpoint,
            serverName: serverName,
            startTLS: startTLS,
            timeout: timeout
        )
    }

    private mutating func serverName(_ cursor: SettingsCursor?) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        guard TLSEndpoint.isHostName(text), !TLSEndpoint.isAddress(text) else {
            fail(cursor, "expected a host's name such as www.contoso.com, found \"\(text)\"")
            return nil
        }
        return text
    }

    private mutating func startTLS(_ cursor: SettingsCursor?) -> StartTLS? {
        guard let text = string(cursor), let cursor else { return nil }
        guard let startTLS = StartTLS(rawValue: text) else {
            let names = StartTLS.allCases.map(\.rawValue).joined(separator: ", ")
            fail(cursor, "expected one of \(names), found \"\(text)\"")
            return nil
        }
        return startTLS
    }
}
