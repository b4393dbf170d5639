/// Which object of which vault an answer has to be about.
struct ObjectID: Sendable, Hashable {
    let host: String
    /// `secrets` or `certificates`.
    let collection: String
    let name: String
    /// Lower case; nil when any version will do.
    let version: String?

    /// The version that an answer's `id` names, or what is wrong with that `id`.
    ///
    /// Microsoft: ids are case-insensitive. The port is left out of it: some answers write `:443`.
    func version(in id: String) throws(MalformedAnswer) -> String {
        let parts = id.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map(Substring.init)
        guard parts.count == 6, parts[0].lowercased() == "https:", parts[1].isEmpty else {
            throw MalformedAnswer("its id is not that of a version")
        }
        let host = Substring(parts[2].utf8.prefix { $0 != UInt8(ascii: ":") })
        guard host.lowercased() == self.host.lowercased() else {
            throw MalformedAnswer("its id is of another vault")
        }
        guard parts[3].lowercased() == collection, parts[4].lowercased() == name.lowercased() else {
            throw MalformedAnswer("its id is of another object")
        }
        guard let found = canonicalVersion(parts[5]) else {
            throw MalformedAnswer("its version is not 32 hexadecimal digits")
        }
        guard version == nil || version == found else {
            throw MalformedAnswer("its id is of another version")
        }
        return found
    }
}

/// What makes an answer unusable, in words of our own: none of it is quoted, it may hold a key.
struct MalformedAnswer: Error {
    let reason: String

    init(_ reason: String) {
        self.reason = reason
    }
}
