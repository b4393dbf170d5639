/// How a running emulator answers where the real service has been seen to vary.
package struct EmulatorBehaviour: Sendable, Codable, Equatable {
    /// How lists are cut into pages.
    package enum Pages: String, Sendable, Codable, CaseIterable {
        /// As many items as asked for, at most 25, the last page with what is left.
        case full
        /// One item fewer than asked for, as the real service does at times.
        case short
        /// As `full`, and after the last item one more page without any.
        case emptyLast
    }

    /// The text of the answer to a request without a token.
    package enum ChallengeWording: String, Sendable, Codable, CaseIterable {
        /// `AKV10000: Request is missing a Bearer or PoP token.`, since 2021.
        case current
        /// The same without the number, before.
        case before2021
    }

    /// For how long tokens are good; zero or less makes each one expired from the start.
    package var tokenLifetimeSeconds: Int = 86_400
    package var challengeWording: ChallengeWording = .current
    package var pages: Pages = .full
    /// How often `/pending` says `inProgress` before a created certificate is there.
    package var pendingPolls: Int = 0

    package init() {}
}
