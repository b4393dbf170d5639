/// Why the authority gives no token.
struct AuthorityRefusal: Error {
    /// The code of OAuth (RFC 6749, section 5.2).
    let error: String
    /// The number after `AADSTS`.
    let code: Int
    let text: String
    let status: Int

    init(_ error: String, _ code: Int, _ text: String, status: Int = 400) {
        self.error = error
        self.code = code
        self.text = text
        self.status = status
    }

    /// An application that has not shown to be itself.
    static func client(_ code: Int, _ text: String) -> AuthorityRefusal {
        AuthorityRefusal("invalid_client", code, text, status: 401)
    }

    var reply: Reply {
        let trace = RequestID.make()
        return .json(
            .object([
                "error": .string(error),
                "error_description": .string(
                    "AADSTS\(code): \(text)\r\nTrace ID: \(trace)\r\nCorrelation ID: \(trace)"
                ),
                "error_codes": .array([.integer(code)]),
                "trace_id": .string(trace),
                "correlation_id": .string(trace),
                "error_uri": .string("https://login.microsoftonline.com/error?code=\(code)"),
            ]),
            status: status
        )
    }
}
