/// What a request needs, in the words of both ways in which a vault decides.
extension VaultRequest {
    /// `secrets` for what is kept of deleted ones too.
    private var kindOfObject: String { isAboutCertificates ? "certificates" : "secrets" }

    /// The object as a resource id ends, `secrets/web`; empty for a whole collection.
    var objectPath: String { name.map { "\(kindOfObject)/\($0)" } ?? "" }

    private var isDeletedCollection: Bool {
        collection == .deletedsecrets || collection == .deletedcertificates
    }

    /// What an access policy calls it: `secrets get`.
    var permission: String {
        let verb =
            switch (exchange.method, rest.first) {
            case ("GET", "versions"): "list"
            case ("GET", _): name == nil ? "list" : "get"
            case ("POST", "recover"): "recover"
            case ("DELETE", _): isDeletedCollection ? "purge" : "delete"
            case ("PATCH", _): isAboutCertificates ? "update" : "set"
            case (_, "import"): "import"
            default: isAboutCertificates ? "create" : "set"
            }
        return "\(kindOfObject) \(verb)"
    }

    /// The data action of Azure RBAC that it is.
    var action: String {
        let verb =
            switch permission.split(separator: " ").last.map(String.init) {
            case "get", "list":
                isAboutCertificates
                    ? "read"
                    : permission == "secrets get" && !isDeletedCollection
                        ? "getSecret/action" : "readMetadata/action"
            case "delete": "delete"
            case "set": exchange.method == "PATCH" ? "update/action" : "setSecret/action"
            case let verb?: "\(verb)/action"
            case nil: "read"
            }
        return "Microsoft.KeyVault/vaults/\(kindOfObject)/\(verb)"
    }
}
