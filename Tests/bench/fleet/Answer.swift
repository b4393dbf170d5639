/// What the simulated vault says to a request.
enum Answer {
    case given
    /// 429.
    case throttled
    /// 503.
    case unavailable
}
