import COpenSSL

/// OpenSSL's errors of this thread.
///
/// The queue belongs to the thread, not to the call, so it is cleared before and drained after in
/// one synchronous function; across an `await` it could be another task's.
enum ErrorQueue {
    /// Runs `body` with an empty queue, and leaves it empty whatever happens.
    static func isolated<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        ERR_clear_error()
        defer { ERR_clear_error() }
        return try body()
    }

    /// The reason of the oldest error, which is the cause of the others, and empties the queue.
    ///
    /// Reasons are constant phrases of the library. The data that OpenSSL attaches to an error is
    /// left out: it may quote the input, and the input is a private key.
    static func drain() -> String {
        defer { ERR_clear_error() }
        guard let reason = ERR_reason_error_string(ERR_peek_error()) else {
            return "OpenSSL gives no reason"
        }
        return String(cString: reason)
    }

    /// Whether the newest error is `reason` of the PEM reader; the queue stays.
    static func isPEM(_ reason: Int32) -> Bool {
        let code = ERR_peek_last_error()
        return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == reason
    }

    /// Whether the oldest error is an alert that the other side sent; the queue stays.
    static func isAlert() -> Bool {
        let code = ERR_peek_error()
        // The reasons of alerts are 1000 and the number of the alert (ssl/ssl_err.c).
        return ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) >= SSL_AD_REASON_OFFSET
            && ERR_GET_REASON(code) < SSL_AD_REASON_OFFSET + 256
    }
}
