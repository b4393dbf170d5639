import Foundation
import History
import Testing

@Suite("Certificates and versions")
struct VersionTests {
    @Test("A version comes back as it was recorded")
    func roundTrip() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(1)))
            #expect(try history.version(version(1), of: "web") == .sample(version(1)))
            #expect(try history.version(version(1), of: "api") == nil)
            #expect(try history.version(version(2), of: "web") == nil)
        }
    }

    @Test(
        "Names come back as they were, whatever is in them",
        arguments: [
            [], [""], ["a.example"], ["a.example", "*.b.example"], ["a\"b", "c\\d"], ["ü", "a,b"],
            ["\",\""], ["\u{1}"],
        ] as [[String]]
    )
    func names(names: [String]) throws {
        try withHistory { history, _ in
            try history.register(certificate: "web", url: "u", at: time(0))
            var record = VersionRecord.sample(version(1), of: "web", at: time(1))
            record.dnsNames = names
            try history.record(record)
            #expect(try history.version(version(1), of: "web")?.dnsNames == names)
        }
    }

    @Test("A version that is no certificate is recorded without facts")
    func plainSecret() throws {
        try withHistory { history, _ in
            let secret = VersionRecord(
                certificate: "web",
                version: version(1),
                contentType: "text/plain",
                fetchedAt: time(1)
            )
            try history.record(secret)
            #expect(try history.version(version(1), of: "web") == secret)
        }
    }

    @Test("A version that could not be read is completed once it can be, and never again")
    func completed() throws {
        try withHistory { history, _ in
            try history.record(
                VersionRecord(certificate: "web", version: version(1), fetchedAt: time(1))
            )
            let whole = VersionRecord.sample(version(1), at: time(500))
            try history.record(whole)
            var expected = whole
            expected.fetchedAt = time(1)
            #expect(try history.versions(of: "web") == [expected])
            var other = whole
            other.subject = "CN=other"
            try history.record(other)
            #expect(try history.versions(of: "web") == [expected])
        }
    }

    @Test("The first fetch of a version wins")
    func firstFetchWins() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(1)))
            var second = VersionRecord.sample(version(1), at: time(500))
            second.subject = "CN=other"
            second.files["bundle.pem"] = digest("9")
            try history.record(second)
            #expect(try history.versions(of: "web") == [.sample(version(1))])
        }
    }

    @Test("Versions come newest fetched first, though the clock was set back between them")
    func newestFirst() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(3), at: time(30)))
            try history.record(.sample(version(1), at: time(10)))
            try history.record(.sample(version(2), of: "api", at: time(20)))
            #expect(try history.versions(of: "web").map(\.version) == [version(1), version(3)])
            #expect(try history.versions(of: "api").map(\.version) == [version(2)])
            #expect(try history.versions(of: "nobody").isEmpty)
        }
    }

    @Test("Nothing is recorded of a certificate that was not registered")
    func unregistered() throws {
        try withHistory { history, _ in
            #expect(throws: HistoryError.self) {
                try history.record(.sample(version(1), of: "nobody"))
            }
            #expect(throws: HistoryError.self) {
                try history.recordPoll(PollRecord(certificate: "nobody", lastTryAt: time(1)))
            }
        }
    }

    @Test("A certificate that is registered again keeps its first day, and notes a new URL")
    func registeredAgain() throws {
        try withHistory { history, path in
            let url = "https://contoso.vault.azure.net/secrets/web"
            try history.register(certificate: "web", url: url, at: time(60))
            let select = "SELECT first_seen_at || ' ' || url_since || ' ' || url FROM certificate"
            func row() throws -> String? { try text(path, "\(select) WHERE name = 'web'") }
            let first = "2026-11-24T07:20:00.000Z"
            #expect(try row() == "\(first) \(first) \(url)")
            try history.register(certificate: "web", url: url + "2", at: time(120))
            #expect(try row() == "\(first) 2026-11-24T07:22:00.000Z \(url)2")
        }
    }

    @Test("A poll's record takes the place of the one before")
    func polls() throws {
        try withHistory { history, _ in
            #expect(try history.poll(of: "web") == nil)
            let failed = PollRecord(
                certificate: "web",
                lastTryAt: time(10),
                lastSuccessAt: time(5),
                consecutiveFailures: 3,
                error: "503 Service Unavailable",
                errorKind: "serverError",
                latestVersion: version(1),
                nextPollAt: time(20)
            )
            try history.recordPoll(failed)
            #expect(try history.poll(of: "web") == failed)

            let succeeded = PollRecord(
                certificate: "web",
                lastTryAt: time(20),
                lastSuccessAt: time(20),
                latestVersion: version(2)
            )
            try history.recordPoll(succeeded)
            let other = PollRecord(certificate: "api", lastTryAt: time(1))
            try history.recordPoll(other)
            #expect(try history.polls() == [other, succeeded])
        }
    }
}
