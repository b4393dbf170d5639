/// Where a certificate's own directory lies, and the access that its live files were given.
package struct PlacementRecord: Sendable, Hashable {
    package var certificate: String

    /// The directory that holds `<certificate>/current`.
    package var location: String

    /// In words, to be compared only.
    package var access: String

    package init(certificate: String, location: String, access: String) {
        self.certificate = certificate
        self.location = location
        self.access = access
    }
}

/// A symlink or a copy that the agent has put outside of a certificate's own directory.
package struct TargetRecord: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case link, copy
    }

    package var path: String
    package var certificate: String
    package var kind: Kind

    /// Of a copy, what was written there last, lower-case hex; nil until it is in its place.
    package var sha256: String?

    package init(path: String, certificate: String, kind: Kind, sha256: String? = nil) {
        self.path = path
        self.certificate = certificate
        self.kind = kind
        self.sha256 = sha256
    }
}
