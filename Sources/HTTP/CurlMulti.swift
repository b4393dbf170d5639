import CCurl

/// libcurl, made ready once per process; a global is initialised by one thread while others wait.
private let readiness: CURLcode = kv_curl_global_init()

/// An owned multi handle: the connections, and the transfers that share them.
///
/// Everything but `wakeUp` belongs to one thread.
// Sendable although it holds a pointer: `curl_multi_wakeup` may be called from any thread (its
// manual page says so), and `TransferLoop` calls the rest on its own thread only.
struct CurlMulti: ~Copyable, @unchecked Sendable {
    private let raw: UnsafeMutableRawPointer

    /// Nil when memory is short.
    init?() {
        guard readiness == CURLE_OK, let raw = curl_multi_init() else { return nil }
        self.raw = raw
        for (option, value) in Self.options {
            kv_curl_multi_set_long(raw, option, value)
        }
    }

    deinit {
        curl_multi_cleanup(raw)
    }

    /// How connections are shared.
    ///
    /// HTTP/2 needs one per server. To a server that speaks only HTTP/1.1, eight at once are more
    /// than a vault's rate limit lets through, and bound what a mistake can open.
    private static let options: [(CURLMoption, Int)] = [
        (CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)),
        (CURLMOPT_MAX_CONCURRENT_STREAMS, TransferLoop.mostAtOncePerOrigin),
        (CURLMOPT_MAX_HOST_CONNECTIONS, 8),
        (CURLMOPT_MAX_TOTAL_CONNECTIONS, 64),
        (CURLMOPT_MAXCONNECTS, 16),
    ]

    borrowing func add(_ easy: borrowing CurlEasy) -> CURLMcode {
        curl_multi_add_handle(raw, easy.raw)
    }

    borrowing func remove(_ easy: borrowing CurlEasy) {
        curl_multi_remove_handle(raw, easy.raw)
    }

    /// Does what can be done without waiting.
    borrowing func perform() -> CURLMcode {
        var running: Int32 = 0
        return curl_multi_perform(raw, &running)
    }

    /// Waits for a socket, for libcurl's next timer, or for `wakeUp`; an hour at most, so that an
    /// idle client costs nothing.
    borrowing func wait() -> CURLMcode {
        curl_multi_poll(raw, nil, 0, 3_600_000, nil)
    }

    /// Ends a `wait`, or the next one when none is under way.
    borrowing func wakeUp() {
        curl_multi_wakeup(raw)
    }

    /// A transfer that has come to its end since the last question.
    borrowing func nextFinished() -> (transfer: Transfer, result: CURLcode)? {
        var remaining: Int32 = 0
        while let message = curl_multi_info_read(raw, &remaining) {
            var context: UnsafeMutableRawPointer?
            guard message.pointee.msg == CURLMSG_DONE,
                let easy = kv_curl_message_easy(message),
                kv_curl_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK,
                let context
            else { continue }
            let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
            return (transfer, kv_curl_message_result(message))
        }
        return nil
    }
}
