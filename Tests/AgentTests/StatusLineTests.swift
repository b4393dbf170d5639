import Foundation
import Testing

@testable import Agent

@Suite("The status line")
struct StatusLineTests {
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func line(
        _ certificates: [(String, CertificateState)],
        in seconds: TimeInterval = 600,
        trouble: String? = nil
    ) throws -> String {
        StatusLine(
            certificates: certificates.map { (name: $0.0, state: $0.1) },
            nextPoll: now.addingTimeInterval(seconds),
            trouble: trouble
        ).text(now: now, timeZone: try #require(TimeZone(secondsFromGMT: 0)))
    }

    @Test("When all is well it counts and tells the next poll")
    func fine() throws {
        #expect(try line([("web", .current)]) == "1 certificate, next poll 14:23")
        #expect(
            try line([("a", .current), ("b", .current)]) == "2 certificates, next poll 14:23"
        )
    }

    @Test("What is wrong is named, state by state, and many names are cut")
    func wrong() throws {
        let many = ["a", "b", "c", "d"].map { ($0, CertificateState.unreachable) }
        #expect(
            try line([("web", .rejected), ("api", .current)] + many)
                == "6 certificates, 1 rejected (web), 4 unreachable (a, b, c, …), next poll 14:23"
        )
    }

    @Test("A poll of another day has its date")
    func tomorrow() throws {
        #expect(
            try line([("a", .current)], in: 86_400)
                == "1 certificate, next poll 2026-09-22 14:13"
        )
    }

    @Test("What ails the daemon itself comes first")
    func trouble() throws {
        let text = try line([("a", .current)], trouble: "last pass not made: lock held")
        #expect(text == "last pass not made: lock held, 1 certificate, next poll 14:23")
    }
}
