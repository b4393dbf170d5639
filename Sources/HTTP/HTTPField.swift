import Sensitive

/// One header field of a request.
package struct HTTPField: Sendable {
    /// What a field holds, and whether it may be seen.
    package enum Value: Sendable {
        case plain(String)
        /// The whole value, such as `Bearer eyJ…`, in memory that is wiped.
        case sensitive(SensitiveBytes)
    }

    package let name: String
    package let value: Value

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = .plain(value)
    }

    package init(_ name: String, sensitive: SensitiveBytes) {
        self.name = name
        self.value = .sensitive(sensitive)
    }

    func isNamed(_ lowercasedName: String) -> Bool {
        name.lowercased() == lowercasedName
    }
}
