import HTTP

/// One try for a token that came to nothing.
struct TokenFailure: Error {
    let error: IdentityError
    /// The server's, where it answered.
    var status: Int?
    var isRetried = false
    /// What the server asked for.
    var retryAfter: Duration?
}

extension HTTPResponse {
    /// What the server asks to wait, where it says so in seconds.
    var retryAfter: Duration? {
        value(of: "Retry-After").flatMap { UInt16($0) }.map { .seconds(Int64($0)) }
    }
}

extension IdentityRetryPolicy {
    /// Tries, waits and tries again for as long as the tables have it.
    ///
    /// Cancelling ends that at once.
    func run(
        _ ask: () async throws(TokenFailure) -> AccessToken
    ) async throws(IdentityError) -> AccessToken {
        var failures = 0
        while true {
            let failure: TokenFailure
            do throws(TokenFailure) {
                return try await ask()
            } catch {
                failure = error
            }
            failures += 1
            guard failure.isRetried,
                let delay = delay(
                    after: failure.status,
                    failures: failures,
                    retryAfter: failure.retryAfter
                )
            else { throw failure.error }
            do {
                try await Task.sleep(for: delay)
            } catch {
                // Cancelled: the failure that we waited on is the better answer.
                throw failure.error
            }
        }
    }
}
