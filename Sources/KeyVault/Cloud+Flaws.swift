import Foundation

/// What is wrong with a cloud that somebody describes: what it says decides where tokens go.
extension Cloud {
    /// Why a suffix can't be one; nil when it can.
    package static func flaw(inSuffix suffix: String) -> String? {
        if suffix.hasPrefix(".") || suffix.hasSuffix(".") {
            return "must have no dot at its start or end, as in vault.azure.net"
        }
        if suffix.contains("/") || suffix.contains(":") {
            return
                "is the end of a host's name, without scheme, port and path, as in vault.azure.net"
        }
        let labels = suffix.split(separator: ".", omittingEmptySubsequences: false)
        guard suffix.utf8.count <= 190, labels.allSatisfy(isLabel) else {
            return "is no name of a host: letters, digits and hyphens between dots"
        }
        guard labels.count > 1 else {
            return "is a single label: tokens would go to every host right below \(suffix)"
        }
        // A name that ends in a number is taken for an address (WHATWG URL, section 3.5).
        guard labels.last?.contains(where: \.isLetter) == true else {
            return "is an address; a vault is told by its name"
        }
        return nil
    }

    /// RFC 1123, section 2.1.
    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count) && label.utf8.allSatisfy(isNameCharacter)
            && label.first != "-" && label.last != "-"
    }

    /// Why an audience can't be one; nil when it can.
    ///
    /// Azure Stack Hub's has a path; Key Vault takes its application's id as well.
    package static func flaw(inAudience audience: String) -> String? {
        if UUID(uuidString: audience) != nil { return nil }
        if audience.hasSuffix("/") {
            return "must not end in a slash: Key Vault refuses such a token"
        }
        guard let scheme = audience.firstRange(of: "://"),
            audience[..<scheme.lowerBound].lowercased() == "https"
        else { return "must begin with https://, as in https://vault.azure.net" }
        let rest = audience[scheme.upperBound...]
        let isPlain = rest.utf8.allSatisfy { isNameCharacter($0) || "._:/".utf8.contains($0) }
        let host = rest.prefix { $0 != "/" && $0 != ":" }
        guard isPlain,
            host.split(separator: ".", omittingEmptySubsequences: false)
                .allSatisfy(isLabel)
        else { return "is no URL of a service, as in https://vault.azure.net" }
        return nil
    }
}
