import Foundation
import History
import Testing

@Suite("Deployments")
struct DeploymentTests {
    @Test("A deployment is open until it is finished, and keeps all that it was told")
    func openThenFinished() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(7)))
            let id = try history.begin(
                .sample(version(7), trigger: .rollback, reason: "too new", previous: version(6))
            )
            #expect(try history.openDeployments().map(\.id) == [id])
            #expect(try history.lastDeployment(of: "web", version: nil) == nil)

            try history.record(.sample(), of: id)
            try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(3))

            let expected = Deployment(
                id: id,
                certificate: "web",
                version: version(7),
                thumbprint: String(repeating: "A", count: 40),
                sha256: digest("b"),
                notBefore: time(-86_400),
                notAfter: time(86_400 * 90),
                trigger: .rollback,
                outcome: .deployed,
                reason: "too new",
                actor: "kvagent",
                startedAt: time(1),
                finishedAt: time(3),
                previousVersion: version(6),
                runID: "run-1",
                hookRuns: [.sample()]
            )
            #expect(try history.openDeployments().isEmpty)
            #expect(try history.lastDeployment(of: "web", version: nil) == expected)
            #expect(try history.lastDeployment(of: "web", version: version(7)) == expected)
            #expect(try history.lastDeployment(of: "web", version: version(8)) == nil)
            #expect(try history.lastDeployment(of: "api", version: nil) == nil)
            #expect(try history.deployments(HistoryFilter()) == [expected])
        }
    }

    @Test("A deployment is not finished twice, and one that never began not at all")
    func finishedOnce() throws {
        try withHistory { history, _ in
            let id = try history.deploy(version(1))
            #expect(throws: HistoryError.self) {
                try history.finish(id, as: .failed, reason: nil, error: nil, at: time(9))
            }
            #expect(throws: HistoryError.self) {
                try history.finish(id + 1, as: .failed, reason: nil, error: nil, at: time(9))
            }
            #expect(try history.lastDeployment(of: "web", version: nil)?.outcome == .deployed)
        }
    }

    @Test("A version that was never fetched has a row of its own, without facts")
    func rowWithoutVersion() throws {
        try withHistory { history, _ in
            let id = try history.recordRefusal(
                .sample(version(1)),
                outcome: .failed,
                reason: "not read",
                error: "403 Forbidden",
                at: time(2)
            )
            let row = try #require(try history.deployments(HistoryFilter()).first)
            #expect(row.id == id)
            #expect(row.thumbprint == nil && row.notAfter == nil)
            #expect(row.outcome == .failed && row.reason == "not read")
            #expect(row.error == "403 Forbidden" && row.finishedAt == time(2))
        }
    }

    @Test("Deployments come newest first, and only those that were asked for")
    func filtered() throws {
        try withHistory { history, _ in
            for number in 1...6 {
                try history.deploy(
                    version(number),
                    of: number.isMultiple(of: 2) ? "api" : "web",
                    as: number == 3 ? .rolledBack : .deployed,
                    at: time(Double(number) * 10)
                )
            }
            func versions(_ filter: HistoryFilter) throws -> [String] {
                try history.deployments(filter).map(\.version)
            }
            #expect(try versions(HistoryFilter()) == [6, 5, 4, 3, 2, 1].map(version))
            #expect(try versions(HistoryFilter(limit: 2)) == [6, 5].map(version))
            #expect(try versions(HistoryFilter(limit: 0)) == [])
            #expect(try versions(HistoryFilter(limit: -3)) == [])
            #expect(try versions(HistoryFilter(certificate: "web")) == [5, 3, 1].map(version))
            #expect(try versions(HistoryFilter(outcome: .rolledBack)) == [version(3)])
            #expect(try versions(HistoryFilter(since: time(40))) == [6, 5, 4].map(version))
            let all = HistoryFilter(
                certificate: "web",
                since: time(20),
                outcome: .deployed,
                limit: 5
            )
            #expect(try versions(all) == [version(5)])
            #expect(try versions(HistoryFilter(certificate: "nobody")) == [])
        }
    }

    @Test("A clock that was set back does not change which deployment is the last")
    func clockSetBack() throws {
        try withHistory { history, _ in
            try history.deploy(version(1), at: time(1000))
            try history.deploy(version(2), at: time(-1000))
            #expect(try history.lastDeployment(of: "web", version: nil)?.version == version(2))
            #expect(try history.lastGood(before: version(3), of: "web") == version(2))
            #expect(try history.deployments(HistoryFilter()).first?.version == version(2))
        }
    }

    @Test("The last good version is the newest other one that was ever live")
    func lastGood() throws {
        try withHistory { history, _ in
            #expect(try history.lastGood(before: version(1), of: "web") == nil)
            try history.deploy(version(1))
            #expect(try history.lastGood(before: version(1), of: "web") == nil)
            #expect(try history.lastGood(before: version(2), of: "web") == version(1))
            try history.deploy(version(2))
            try history.deploy(version(3), as: .rolledBack)
            try history.deploy(version(4), as: .held)
            try history.deploy(version(5), of: "api")
            #expect(try history.lastGood(before: version(3), of: "web") == version(2))
            #expect(try history.lastGood(before: version(2), of: "web") == version(1))
            try history.deploy(version(1))
            #expect(try history.lastGood(before: version(2), of: "web") == version(1))
            #expect(try history.lastGood(before: version(1), of: "web") == version(2))
        }
    }

    @Test("Each deployment has its own hook runs, in their order, whatever their end")
    func hookRuns() throws {
        try withHistory { history, _ in
            let first = try history.begin(.sample(version(1)))
            let second = try history.begin(.sample(version(1), of: "api"))
            let runs = [
                HookRunRecord(
                    name: "check/10-test",
                    phase: "check",
                    startedAt: time(2),
                    signal: 9,
                    timedOut: true,
                    durationMs: 30_000,
                    output: "…"
                ),
                HookRunRecord(
                    name: "deploy/20-copy",
                    phase: "deploy",
                    startedAt: time(3),
                    durationMs: 0,
                    error: "No such file or directory"
                ),
                .sample(),
            ]
            for run in runs {
                try history.record(run, of: first)
                var other = run
                other.output = "of api"
                try history.record(other, of: second)
            }
            let open = try history.openDeployments()
            #expect(open.map(\.id) == [first, second])
            #expect(open.first?.hookRuns == runs)
            #expect(open.last?.hookRuns.map(\.output) == ["of api", "of api", "of api"])
        }
    }

    @Test("A hook that was owed adds its run to a deployment that is closed")
    func lateHookRun() throws {
        try withHistory { history, _ in
            let id = try history.deploy(version(1))
            try history.record(.sample(), of: id)
            let last = try history.lastDeployment(of: "web", version: nil)
            #expect(last?.hookRuns == [.sample()])
        }
    }

    @Test("A hook run of a deployment that never was is refused")
    func orphanHookRun() throws {
        try withHistory { history, _ in
            #expect(throws: HistoryError.self) { try history.record(.sample(), of: 99) }
        }
    }

    @Test("A deployment's JSON has the names that the commands promise")
    func json() throws {
        let deployment = Deployment(
            id: 1,
            certificate: "web",
            version: version(1),
            trigger: .poll,
            actor: "kvagent",
            startedAt: time(0),
            runID: "r",
            hookRuns: [.sample()]
        )
        let data = try JSONEncoder().encode(deployment)
        let object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["runId"] as? String == "r")
        #expect((object["hooks"] as? [Any])?.count == 1)
    }
}
