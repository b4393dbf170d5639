import Sensitive

/// What is asked of a server, as a value.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package var method: Method
    /// `http` or `https`; a user name in it is refused.
    package var url: String
    package var fields: [HTTPField]
    package var body: SensitiveBytes?
    package var limits: HTTPLimits
    /// Whether the proxies of the environment apply.
    ///
    /// False for identity endpoints: a token that passes through a proxy is a token given away.
    package var usesProxy: Bool

    package init(
        _ method: Method = .get,
        _ url: String,
        fields: [HTTPField] = [],
        body: SensitiveBytes? = nil,
        limits: HTTPLimits = .standard,
        usesProxy: Bool = true
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.body = body
        self.limits = limits
        self.usesProxy = usesProxy
    }
}
