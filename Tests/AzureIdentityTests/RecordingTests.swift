import Foundation
import HTTP
import Sensitive
import Testing

@testable import AzureIdentity

/// The folder of recorded exchanges, if there is one.
private let recordings = ProcessInfo.processInfo.environment["KVAGENT_RECORDINGS"]

@Suite(
    "Tokens that Entra ID has really given",
    .enabled(if: recordings != nil, "KVAGENT_RECORDINGS names no folder of recordings")
)
struct RecordingTests {
    private struct Exchange: Decodable {
        let url: String
        let status: Int
        let body: String?
    }

    @Test("Every one is understood, with its end")
    func tokens() throws {
        let file = URL(filePath: try #require(recordings)).appending(path: "exchanges.jsonl")
        var lifetimes: [TimeInterval] = []
        for line in try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")) {
            let exchange = try JSONDecoder().decode(Exchange.self, from: line)
            guard exchange.url.contains("/token") else { continue }
            let response = HTTPResponse(
                status: exchange.status,
                fields: [],
                body: SensitiveBytes(copying: (exchange.body ?? "").utf8),
                httpVersion: "1.1"
            )
            let token = try response.json(as: TokenAnswer.self).token(now: .testNow)
            lifetimes.append(try #require(token).expiresAt.timeIntervalSince(.testNow))
        }
        #expect(lifetimes == [3599, 3599, 86_399, 3599])
    }
}
