/// How long to wait before an identity endpoint is asked again.
///
/// The tables are those of Microsoft's "How to use managed identities … to acquire an access
/// token", section "Retry guidance"; a first wait of one second instead of none, because the same
/// page asks for that after a 5xx.
package struct IdentityRetryPolicy: Sendable, Hashable {
    /// After 404, 408, 429 and 5xx.
    package var busy: [Duration]
    /// After 410: the endpoint is being updated and is back within 70 s.
    package var updating: [Duration]
    /// After no answer at all.
    ///
    /// Short: off Azure there never will be one.
    package var silent: [Duration]

    package init(busy: [Duration], updating: [Duration], silent: [Duration]) {
        self.busy = busy
        self.updating = updating
        self.silent = silent
    }

    /// Once a retry is due, this much has elapsed: 1, 3, 9, 23, 53 s; 5, 15, 35, 75 s; 1, 3 s.
    package static let standard = IdentityRetryPolicy(
        busy: [.seconds(1), .seconds(2), .seconds(6), .seconds(14), .seconds(30)],
        updating: [.seconds(5), .seconds(10), .seconds(20), .seconds(40)],
        silent: [.seconds(1), .seconds(2)]
    )

    /// One try: for renewals ahead of time, where waiting would only delay the work.
    package static let none = IdentityRetryPolicy(busy: [], updating: [], silent: [])

    /// The longest `Retry-After` that is waited for; past it, the next pass is soon enough.
    private static let longestRetryAfter = Duration.seconds(60)

    /// The wait after the given number of failed tries; nil when it is over.
    ///
    /// Never less than what the server asked for.
    func delay(after status: Int?, failures: Int, retryAfter: Duration? = nil) -> Duration? {
        let table: [Duration] =
            switch status {
            case .none: silent
            case .some(410): updating
            case .some(404), .some(408), .some(429), .some(500...599): busy
            case .some: []
            }
        guard failures <= table.count else { return nil }
        guard let retryAfter else { return table[failures - 1] }
        return retryAfter <= Self.longestRetryAfter ? max(retryAfter, table[failures - 1]) : nil
    }
}
