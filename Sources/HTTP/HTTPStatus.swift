/// A status for people, such as `403 Forbidden`.
///
/// HTTP/2 carries no reason phrase, so these are those of RFC 9110.
package func describe(status: Int) -> String {
    reasons[status].map { "\(status) \($0)" } ?? "\(status)"
}

private let reasons = [
    200: "OK",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    429: "Too Many Requests",
    500: "Internal Server Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
]
