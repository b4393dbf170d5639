import Foundation
import Testing

@testable import History

@Suite("Counts")
struct CountTests {
    @Test("Closed deployments are counted by certificate and outcome, of those named alone")
    func counted() throws {
        try withHistory { history, _ in
            for (number, outcome) in [Outcome.deployed, .deployed, .rolledBack].enumerated() {
                let id = try history.begin(.sample(version(number)))
                try history.finish(id, as: outcome, reason: nil, error: nil, at: time(2))
            }
            let other = try history.begin(.sample(version(1), of: "api"))
            try history.finish(other, as: .deployed, reason: nil, error: nil, at: time(2))
            _ = try history.begin(.sample(version(9)))
            #expect(
                Set(try history.outcomeCounts(of: ["web", "none"])) == [
                    OutcomeCount(certificate: "web", outcome: .deployed, count: 2),
                    OutcomeCount(certificate: "web", outcome: .rolledBack, count: 1),
                ]
            )
            #expect(try history.outcomeCounts(of: ["api"]).map(\.count) == [1])
            #expect(try history.outcomeCounts(of: []).isEmpty)
        }
    }
}
