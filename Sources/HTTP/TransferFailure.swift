import CCurl
import Glibc

/// What libcurl knows about a transfer that failed.
struct TransferFailure {
    let code: CURLcode
    /// The error buffer; may be empty.
    let text: String
    /// `errno` of the last connect, or 0.
    let systemError: Int32
    /// Whether the request could go out: connected, and TLS agreed.
    let wasConnected: Bool
    let elapsed: Duration

    /// The failure in our own words, with the server as its culprit.
    ///
    /// Decided by code and clock, not by libcurl's wording, which changes between releases.
    func error(from origin: Origin, limits: HTTPLimits) -> HTTPError {
        let name = origin.name
        let (kind, detail): (HTTPError.Kind, String) =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_LOGIN_DENIED:
                (.badURL, "read URL: \(cause)")
            case CURLE_COULDNT_RESOLVE_HOST:
                (.unresolvable, "resolve \(name): no address found")
            case CURLE_COULDNT_RESOLVE_PROXY:
                (.unresolvable, "resolve the proxy on the way to \(name): \(cause)")
            case CURLE_COULDNT_CONNECT:
                (.unreachable, "connect to \(name): \(connectCause(origin))")
            case CURLE_PROXY:
                (.unreachable, "connect to \(name) through a proxy: \(cause)")
            case CURLE_OPERATION_TIMEDOUT:
                timeOut(name, limits)
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR:
                (.tls, "verify the certificate of \(name): \(cause)")
            case CURLE_SSL_CACERT_BADFILE:
                (.tls, "read the CA bundle for \(name): \(cause)")
            case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM,
                CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS:
                (.tls, "agree on TLS with \(name): \(cause)")
            case CURLE_FILESIZE_EXCEEDED:
                (.tooLarge, "read from \(name): body exceeds \(limits.bodyBytes) bytes")
            case CURLE_OUT_OF_MEMORY where wasConnected:
                // How libcurl reports one line beyond its own 100 KiB.
                (.tooLarge, "read from \(name): a header line is too long, or memory is short")
            case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE,
                CURLE_HTTP2_STREAM, CURLE_HTTP2, CURLE_ABORTED_BY_CALLBACK:
                wasConnected
                    ? (.unreachable, "read from \(name): \(cause)")
                    : (.unreachable, "connect to \(name): \(cause)")
            case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
                (.malformed, "read from \(name): \(cause)")
            default:
                (.other, "ask \(name): \(cause)")
            }
        return HTTPError(kind: kind, origin: origin.description, detail: detail)
    }

    /// libcurl's words as part of a sentence.
    private var cause: String {
        let words = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
        let shortened = Self.prefixes.reduce(words.oneLine(limit: 200)) { text, prefix in
            text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text
        }
        return Self.lowercasingFirst(shortened)
    }

    /// Repeats what our own sentence says already.
    private static let prefixes = ["SSL certificate problem: ", "SSL: "]

    /// The system's reason.
    ///
    /// Where libcurl speaks of another host, that is a proxy, and the culprit.
    private func connectCause(_ origin: Origin) -> String {
        guard systemError != 0 else { return cause }
        let reason = Self.lowercasingFirst(String(cString: strerror(systemError)))
        return text.isEmpty || text.contains(origin.host) ? reason : "\(reason) (\(cause))"
    }

    /// One code stands for three clocks.
    private func timeOut(_ name: String, _ limits: HTTPLimits) -> (HTTPError.Kind, String) {
        guard wasConnected else {
            let limit = min(limits.connect, limits.total)
            return (.timedOut, "connect to \(name): no connection within \(limit)")
        }
        // libcurl's limit begins when the request is handed over, and its measure a moment later,
        // on a busy machine many milliseconds; no silence is shorter than the one that is too long.
        if elapsed >= limits.total - .milliseconds(100) || elapsed < limits.stall {
            return (.timedOut, "read from \(name): no whole answer within \(limits.total)")
        }
        return (.stalled, "read from \(name): nothing came for \(limits.stall)")
    }

    private static func lowercasingFirst(_ text: String) -> String {
        // An abbreviation keeps its capitals.
        let second = text.dropFirst().first
        guard second?.isUppercase != true else { return text }
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
