import CCurl

/// An owned easy handle, with the buffer in which libcurl explains a failure.
struct CurlEasy: ~Copyable {
    let raw: UnsafeMutableRawPointer
    private let explanation: UnsafeMutablePointer<CChar>

    /// Nil when memory is short.
    init?() {
        guard let raw = curl_easy_init() else { return nil }
        let size = Int(CURL_ERROR_SIZE)
        self.raw = raw
        explanation = .allocate(capacity: size)
        explanation.initialize(repeating: 0, count: size)
        kv_curl_set_pointer(raw, CURLOPT_ERRORBUFFER, explanation)
    }

    deinit {
        // First the handle: it may write into the buffer until it is gone.
        curl_easy_cleanup(raw)
        explanation.deallocate()
    }

    /// libcurl's own words for what went wrong; empty when it has none.
    var failureText: String { String(cString: explanation) }

    borrowing func set(_ option: CURLoption, _ value: Int) -> CURLcode {
        kv_curl_set_long(raw, option, value)
    }

    borrowing func set(_ option: CURLoption, _ value: Bool) -> CURLcode {
        kv_curl_set_long(raw, option, value ? 1 : 0)
    }

    borrowing func set(_ option: CURLoption, _ value: String?) -> CURLcode {
        kv_curl_set_string(raw, option, value)
    }

    borrowing func set(_ option: CURLoption, milliseconds value: Duration) -> CURLcode {
        let (seconds, attoseconds) = value.components
        let milliseconds = min(seconds, 1 << 20) * 1000 + attoseconds / 1_000_000_000_000_000
        // To libcurl, 0 is "no limit".
        return set(option, max(1, Int(milliseconds)))
    }

    borrowing func number(_ info: CURLINFO) -> Int {
        var value = 0
        return kv_curl_get_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    /// A text about the transfer; nil where there is none.
    borrowing func text(_ info: CURLINFO) -> String? {
        var value: UnsafePointer<CChar>?
        guard kv_curl_get_string(raw, info, &value) == CURLE_OK, let value else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// A time of the transfer; zero when that point was not reached.
    borrowing func duration(_ info: CURLINFO) -> Duration {
        var microseconds: curl_off_t = 0
        guard kv_curl_get_offset(raw, info, &microseconds) == CURLE_OK else { return .zero }
        return .microseconds(Int64(microseconds))
    }
}
