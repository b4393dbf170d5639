/// What was counted over one span of a scenario.
struct Figures: Sendable, Equatable, Codable {
    let scenario: String
    let span: String
    let seconds: Double

    /// The requests in 10 s, over all such windows of the span.
    let least: Int
    let median: Int
    /// 99 of 100 windows have no more.
    let p99: Int
    let most: Int

    /// The requests in all, and how many of them were answered 429 and 503.
    let requests: Int
    let throttled: Int
    let unavailable: Int

    /// After how many seconds of the span half of the certificates of all hosts had been read
    /// successfully in it, 99 of 100, and all of them; nil for not in this span.
    let halfRead: Double?
    let p99Read: Double?
    let allRead: Double?

    /// How many were not read in the span.
    let unread: Int
}
