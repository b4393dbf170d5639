import Foundation
import HTTP
import Sensitive
import Testing

@testable import Agent

@Suite("The doctor's look at the clock")
struct DoctorClockTests {
    /// A vault's answer of 12:00:00, got when this machine's clock is so many seconds later.
    private func probe(_ seconds: TimeInterval) throws -> VaultProbe {
        let date = "Sun, 29 Nov 2026 12:00:00 GMT"
        let response = HTTPResponse(
            status: 200,
            fields: [HTTPResponse.Field(name: "Date", value: date)],
            body: SensitiveBytes(copying: []),
            httpVersion: "2"
        )
        let vaults = try #require(Date(httpDate: date))
        return VaultProbe(
            host: "kv.vault.azure.net",
            port: 443,
            result: .success(response),
            at: vaults + seconds
        )
    }

    @Test(
        "A clock that is more than 5 minutes off is told, with the direction",
        arguments: [
            (600, "this machine's clock is 10 min ahead of the vault's"),
            (-7200, "this machine's clock is 2 h behind the vault's"),
            (299, nil), (-299, nil),
        ]
    )
    func difference(seconds: TimeInterval, message: String?) throws {
        let finding = try probe(seconds).clockFinding
        #expect(finding?.message == message)
        #expect(finding.map(\.outcome) == message.map { _ in .warning })
    }

    @Test("A vault that gives no answer says nothing about the clock")
    func noAnswer() {
        let probe = VaultProbe(
            host: "kv.vault.azure.net",
            port: 443,
            result: .failure(
                HTTPError(
                    kind: .unreachable,
                    origin: "kv.vault.azure.net:443",
                    detail: "connect to kv.vault.azure.net: connection refused"
                )
            ),
            at: Date()
        )
        #expect(probe.clockFinding == nil)
    }
}
