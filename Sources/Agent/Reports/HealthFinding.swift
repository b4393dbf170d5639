/// How bad something is.
package enum HealthLevel: String, Sendable, Encodable, Comparable, CaseIterable {
    /// Worth knowing, nothing to do.
    case ok
    /// A person should look within days: what is served is still good.
    case warning
    /// What is served is broken, or about to be.
    case critical

    package static func < (left: HealthLevel, right: HealthLevel) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .ok: 0
        case .warning: 1
        case .critical: 2
        }
    }
}

/// One thing to know, and of which certificate; of the agent as a whole when there is none.
package struct HealthFinding: Sendable, Encodable, Equatable {
    package var level: HealthLevel
    @OrNull package var certificate: String?
    package var message: String

    /// What a person does about it, as far as that can be said; not in the JSON.
    var mend: String?

    private enum CodingKeys: String, CodingKey {
        case level, certificate, message
    }

    init(
        _ level: HealthLevel,
        _ certificate: String?,
        _ message: String,
        mend: String? = nil
    ) {
        self.level = level
        self.message = message
        self.mend = mend
        _certificate = OrNull(wrappedValue: certificate)
    }

    package static func == (left: HealthFinding, right: HealthFinding) -> Bool {
        left.level == right.level && left.certificate == right.certificate
            && left.message == right.message
    }
}
