import FoundationEssentials

/// Identifiers in the form of a GUID, as the services number their requests.
enum RequestID {
    static func make() -> String { UUID().uuidString.lowercased() }
}
