/// What is wrong with the address of a secret.
package enum SecretURLError: Error, Sendable, Equatable {
    case notAURL
    case notHTTPS
    case hasCredentials
    case hasQuery
    case hasFragment
    /// A percent-escape, a backslash, white space or anything else that no such URL needs.
    case oddCharacter(String)
    case badPort(String)
    case foreignHost(host: String, suffix: String)
    case certificatesPath(suggestion: String)
    case keysPath
    case badPath
    case badName(String)
    case badVersion(String)
}

extension SecretURLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notAURL: "not a URL with a host"
        case .notHTTPS: "not an https URL"
        case .hasCredentials: "URL has a user name"
        case .hasQuery: "URL has a query"
        case .hasFragment: "URL has a fragment"
        case .oddCharacter(let character): "URL has the character \(character)"
        case .badPort(let port): "port \(port) is not a number from 1 to 65535"
        case .foreignHost(let host, let suffix): "host \(host) is not a vault below \(suffix)"
        case .certificatesPath: "path is that of a certificate, not of its secret"
        case .keysPath: "path is that of a key, which can't be read"
        case .badPath: "path is not /secrets/NAME or /secrets/NAME/VERSION"
        case .badName(let name):
            "name \(name) is not 1 to 127 letters, digits and hyphens"
        case .badVersion(let version): "version \(version) is not 32 hexadecimal digits"
        }
    }

    package var hint: String? {
        switch self {
        case .notAURL, .notHTTPS, .badPath, .hasCredentials, .oddCharacter:
            "write it as https://VAULT.vault.azure.net/secrets/NAME"
        case .hasQuery, .hasFragment, .badPort, .badName:
            nil
        case .foreignHost(_, let suffix):
            "a vault of this cloud is VAULT.\(suffix); for another one set the cloud"
        case .certificatesPath(let suggestion):
            "the secret of the same name holds certificate and key: \(suggestion)"
        case .keysPath:
            "the secret of the same name holds certificate and key: write /secrets/ for /keys/"
        case .badVersion:
            "leave the version out to follow the newest one"
        }
    }
}
