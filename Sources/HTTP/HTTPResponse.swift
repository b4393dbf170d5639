import Sensitive

/// What a server answered, whatever its status.
package struct HTTPResponse: Sendable {
    /// One header field of an answer; bytes that are no UTF-8 are replaced.
    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package let status: Int
    package let fields: [Field]
    package let body: SensitiveBytes
    /// `1.0`, `1.1` or `2`.
    package let httpVersion: String
    /// The IP address that was connected to, which is the proxy's where there is one.
    package let peerAddress: String?

    package init(
        status: Int,
        fields: [Field],
        body: SensitiveBytes,
        httpVersion: String,
        peerAddress: String? = nil
    ) {
        self.status = status
        self.fields = fields
        self.body = body
        self.httpVersion = httpVersion
        self.peerAddress = peerAddress
    }

    /// The first field of that name, in any case of letters.
    package func value(of name: String) -> String? {
        let wanted = name.lowercased()
        return fields.first { $0.name.lowercased() == wanted }?.value
    }
}
