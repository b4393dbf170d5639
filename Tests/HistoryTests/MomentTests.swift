import Foundation
import Testing

@testable import History

@Suite("What was live at a moment")
struct MomentTests {
    private func live(_ history: History, _ seconds: Double) throws -> String? {
        try history.live(at: time(seconds), of: "web").first?.version
    }

    @Test("It is what the last deployment that had succeeded by then made live")
    func succeeded() throws {
        try withHistory { history, _ in
            // Each ends a second after it began.
            try history.deploy(version(1), at: time(10))
            try history.deploy(version(2), as: .rejected, at: time(20))
            try history.deploy(version(3), as: .rolledBack, at: time(30))
            try history.deploy(version(4), at: time(40))
            try history.deploy(version(5), as: .held, at: time(50))
            try history.deploy(version(6), of: "api", at: time(60))
            try history.deploy(version(1), at: time(70))
            _ = try history.begin(.sample(version(7), at: time(80)))
            let expected: [(Double, Int?)] = [
                (0, nil), (10, nil), (10.999, nil), (11, 1), (21, 1), (31, 1), (40.999, 1),
                (41, 4), (65, 4), (71, 1), (9000, 1),
            ]
            for (seconds, number) in expected {
                #expect(try live(history, seconds) == number.map(version), "\(seconds)")
            }
        }
    }

    @Test("It comes with the facts of the version, and with who made it live and why")
    func facts() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(1)))
            let deployment = NewDeployment.sample(version(1), trigger: .rollback, reason: "audit")
            let id = try history.begin(deployment)
            try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(2))
            let record = VersionRecord.sample(version(1))
            var web = LiveVersion(certificate: "web")
            web.version = version(1)
            web.thumbprint = record.thumbprint
            web.sha256 = record.sha256
            web.notBefore = record.notBefore
            web.notAfter = record.notAfter
            web.since = time(2)
            web.trigger = .rollback
            web.actor = "kvagent"
            web.reason = "audit"
            web.runID = "run-1"
            let api = LiveVersion(certificate: "api")
            #expect(try history.live(at: time(3)) == [api, web])
            #expect(try history.live(at: time(3), of: "nobody") == [])
            #expect(web.isExpired(at: time(86_400 * 90 - 1)) == false)
            #expect(web.isExpired(at: time(86_400 * 90)) == true)
            #expect(api.isExpired(at: time(3)) == nil)
        }
    }

    @Test("In a history that was begun anew, what the first deployment replaced was live before it")
    func begunAnew() throws {
        try withHistory { history, _ in
            let id = try history.begin(
                .sample(version(2), at: time(50), previous: version(1))
            )
            try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(51))
            try history.deploy(version(3), at: time(60))
            // "web" is known since 0: before that nobody can tell.
            #expect(try live(history, -1) == nil)
            #expect(try live(history, 0) == version(1))
            #expect(try live(history, 50.5) == version(1))
            #expect(try live(history, 51) == version(2))
            let before = try history.live(at: time(1), of: "web").first
            #expect(before?.since == nil && before?.trigger == nil)
        }
    }
}
