import Foundation
import HTTP

/// The tokens of this process, each asked for once and renewed before it ends.
package actor TokenCache {
    private struct Key: Hashable {
        let credential: Credential
        let audience: String
    }

    private struct Entry {
        var token: AccessToken?
        var flight: TokenFlight?
        /// Of any try.
        var lastFailure: Date?
        /// The last of all tries, where there was no token to fall back on.
        var refusal: Refusal?
    }

    /// Why there is no token, and since when.
    struct Refusal {
        let error: IdentityError
        let at: Date
    }

    /// What a call has to do for its token.
    enum Need {
        case nothing(AccessToken)
        /// Try for a new one, and fall back on this.
        case renewal(AccessToken)
        case token
        /// Nothing: it has just come to nothing.
        case refusal(IdentityError)
    }

    /// How long a call is told what the one before it was told.
    ///
    /// The certificates of a pass have one identity, and must not wait for it one after the other.
    static let refusalLifetime: TimeInterval = 5

    private let http: HTTPClient
    private let gate = IdentityGate()
    private let surroundings: IdentitySurroundings
    private let policy: IdentityRetryPolicy
    private let now: @Sendable () -> Date
    private var entries: [Key: Entry] = [:]

    package init(
        http: HTTPClient,
        surroundings: IdentitySurroundings = IdentitySurroundings(),
        policy: IdentityRetryPolicy = .standard,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.http = http
        self.surroundings = surroundings
        self.policy = policy
        self.now = now
    }

    /// A token that is good now.
    ///
    /// Kept until renewal is due; then one try for a new one, and when that comes to nothing the
    /// old one, without another try for 30 s. Concurrent calls share one request, and calls within
    /// 5 s its failure.
    package func token(
        for audience: String,
        using credential: Credential
    ) async throws(IdentityError) -> AccessToken {
        let key = Key(credential: credential, audience: audience)
        let entry = entries[key]
        let need = Self.need(
            token: entry?.token,
            lastFailure: entry?.lastFailure,
            refusal: entry?.refusal,
            now: now()
        )
        switch need {
        case .nothing(let token):
            return token
        case .renewal(let old):
            let outcome = await request(key, retrying: .none, isAhead: true)
            if case .success(let token) = outcome { return token }
            guard old.expiresAt <= now() else { return old }
            return try outcome.get()
        case .token:
            return try await request(key, retrying: policy).get()
        case .refusal(let error):
            throw error
        }
    }

    /// Forgets a token that a server did not accept.
    ///
    /// A newer one that has come meanwhile stays.
    package func discard(_ token: AccessToken, for audience: String, of credential: Credential) {
        let key = Key(credential: credential, audience: audience)
        guard entries[key]?.token?.secret === token.secret else { return }
        entries[key]?.token = nil
    }

    /// The rule, without the clock.
    static func need(
        token: AccessToken?,
        lastFailure: Date?,
        refusal: Refusal?,
        now: Date
    ) -> Need {
        guard let token, now < token.expiresAt else {
            // A clock set back must not keep it, either.
            if let refusal, abs(now.timeIntervalSince(refusal.at)) < refusalLifetime {
                return .refusal(refusal.error)
            }
            return .token
        }
        guard now >= token.renewAt else { return .nothing(token) }
        // A clock set back must not keep the renewal waiting for ever.
        if let lastFailure, abs(now.timeIntervalSince(lastFailure)) < 30 { return .nothing(token) }
        return .renewal(token)
    }

    private func request(
        _ key: Key,
        retrying policy: IdentityRetryPolicy,
        isAhead: Bool = false
    ) async -> Result<AccessToken, IdentityError> {
        let flight: TokenFlight
        if let current = entries[key]?.flight, current.join() {
            flight = current
        } else {
            flight = start(key, retrying: policy, isAhead: isAhead)
        }
        let outcome = await flight.outcome()
        // The first of those who waited writes it down.
        if entries[key]?.flight === flight {
            entries[key]?.flight = nil
            switch outcome {
            case .success(let token):
                entries[key]?.token = token
                entries[key]?.lastFailure = nil
                entries[key]?.refusal = nil
            case .failure(let error):
                let now = now()
                entries[key]?.lastFailure = now
                if !flight.isAhead, !flight.isAbandoned {
                    entries[key]?.refusal = Refusal(error: error, at: now)
                }
            }
        }
        return outcome
    }

    private func start(
        _ key: Key,
        retrying policy: IdentityRetryPolicy,
        isAhead: Bool
    ) -> TokenFlight {
        let flight = TokenFlight(isAhead: isAhead) { [http, gate, surroundings, now] in
            do throws(IdentityError) {
                return .success(
                    try await key.credential.token(
                        for: key.audience,
                        over: http,
                        through: gate,
                        in: surroundings,
                        retrying: policy,
                        now: now
                    )
                )
            } catch {
                return .failure(error)
            }
        }
        _ = flight.join()
        entries[key, default: Entry()].flight = flight
        return flight
    }
}
