import History
import Testing

@Suite("Refusals")
struct RefusalTests {
    /// What happens to version 1 of "web", in this order.
    enum Step: Sendable {
        case ends(Outcome)
        case begins
        case retry
        case otherVersion(Outcome)
        case otherCertificate(Outcome)
        case otherRetry
    }

    @Test(
        "A version is refused after it was found bad, until a retry or until it went live",
        arguments: [
            ([], nil),
            ([.ends(.rejected)], .rejected),
            ([.ends(.rolledBack)], .rolledBack),
            // Neither does an obstacle on this machine, such as a full disk.
            ([.ends(.failed)], nil),
            ([.ends(.deployed)], nil),
            ([.ends(.held)], nil),
            ([.ends(.ignored)], nil),
            // A crash says nothing against the version.
            ([.ends(.interrupted)], nil),
            ([.begins], nil),
            ([.ends(.rejected), .begins], .rejected),
            ([.ends(.rejected), .ends(.interrupted)], .rejected),
            ([.ends(.rejected), .ends(.held)], .rejected),
            ([.ends(.rejected), .ends(.rolledBack)], .rolledBack),
            ([.ends(.rejected), .retry], nil),
            ([.retry, .ends(.rejected)], .rejected),
            ([.ends(.rejected), .retry, .ends(.rolledBack)], .rolledBack),
            ([.ends(.rejected), .retry, .ends(.rolledBack), .retry], nil),
            ([.ends(.rejected), .retry, .ends(.interrupted)], nil),
            ([.ends(.rejected), .ends(.deployed)], nil),
            ([.ends(.deployed), .ends(.rolledBack)], .rolledBack),
            ([.ends(.failed), .ends(.deployed), .ends(.rejected)], .rejected),
            ([.otherVersion(.rejected)], nil),
            ([.ends(.rejected), .otherVersion(.deployed)], .rejected),
            ([.otherCertificate(.rejected)], nil),
            ([.ends(.rejected), .otherCertificate(.deployed)], .rejected),
            ([.ends(.rejected), .otherRetry], .rejected),
        ] as [([Step], Outcome?)]
    )
    func refused(after steps: [Step], with outcome: Outcome?) throws {
        try withHistory { history, _ in
            for step in steps {
                switch step {
                case .ends(let outcome): try history.deploy(version(1), as: outcome)
                case .begins: _ = try history.begin(.sample(version(1)))
                case .retry: try history.clearRefusals(of: "web", at: time(5), actor: "ada")
                case .otherVersion(let outcome): try history.deploy(version(2), as: outcome)
                case .otherCertificate(let outcome):
                    try history.deploy(version(1), of: "api", as: outcome)
                case .otherRetry:
                    try history.deploy(version(1), of: "api", as: .rejected)
                    try history.clearRefusals(of: "api", at: time(5), actor: "ada")
                }
            }
            #expect(try history.refusal(of: version(1), of: "web")?.outcome == outcome)
        }
    }

    @Test("A refusal says why, and which hook it was")
    func why() throws {
        try withHistory { history, _ in
            let id = try history.begin(.sample(version(1)))
            try history.record(.sample("check/10-nginx", output: "unknown directive"), of: id)
            try history.finish(
                id,
                as: .rejected,
                reason: "check hook",
                error: "check/10-nginx: exit 1",
                at: time(3)
            )
            let refusal = try #require(try history.refusal(of: version(1), of: "web"))
            #expect(refusal.error == "check/10-nginx: exit 1")
            #expect(refusal.hookRuns.map(\.output) == ["unknown directive"])
        }
    }

    @Test("A retry says how many versions it frees, and keeps their rows")
    func retryCounts() throws {
        try withHistory { history, _ in
            try history.deploy(version(1), as: .rejected)
            try history.deploy(version(1), as: .rejected)
            try history.deploy(version(2), as: .rolledBack)
            try history.deploy(version(3), as: .held)
            func retry() throws -> Int {
                try history.clearRefusals(of: "web", at: time(9), actor: "ada")
            }
            #expect(try retry() == 2)
            #expect(try retry() == 0)
            #expect(try history.clearRefusals(of: "api", at: time(9), actor: "ada") == 0)
            let rejected = try history.deployments(HistoryFilter(outcome: .rejected))
            #expect(rejected.count == 2)
        }
    }

    @Test("A retry does not excuse what is still under way")
    func retryDuringDeployment() throws {
        try withHistory { history, _ in
            try history.deploy(version(1), as: .rejected)
            let id = try history.begin(.sample(version(1)))
            try history.clearRefusals(of: "web", at: time(5), actor: "ada")
            #expect(try history.refusal(of: version(1), of: "web") == nil)
            try history.finish(id, as: .rejected, reason: nil, error: nil, at: time(6))
            #expect(try history.refusal(of: version(1), of: "web")?.id == id)
        }
    }
}
