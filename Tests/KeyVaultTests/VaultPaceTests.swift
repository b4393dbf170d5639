import HTTP
import Sensitive
import Testing

@testable import KeyVault

@Suite("What a vault may be asked at once")
struct VaultPaceTests {
    private typealias Instant = ContinuousClock.Instant

    private let start = ContinuousClock.now

    private func read(_ name: String) throws -> Reading {
        .certificate(
            try SecretURL("https://kv.vault.azure.net/secrets/\(name)", in: .publicCloud)
        )
    }

    private func failure(
        _ status: Int,
        _ name: String = "web",
        retryAfter: String? = nil,
        count: Int = 1
    ) throws -> VaultPace.Failure {
        let fields = retryAfter.map { [HTTPResponse.Field(name: "Retry-After", value: $0)] } ?? []
        let read = try read(name)
        let response = HTTPResponse(
            status: status,
            fields: fields,
            body: SensitiveBytes(copying: []),
            httpVersion: "2"
        )
        return VaultPace.Failure(
            read,
            error: read.refused(response),
            count: count,
            firstTry: start
        )
    }

    private func enter(_ pace: inout VaultPace, at now: Instant) -> VaultPace.Entry? {
        guard case .enter(let entry) = pace.admission(at: now, earliest: now) else { return nil }
        return entry
    }

    private func enterAll(_ pace: inout VaultPace, at now: Instant) -> [VaultPace.Entry] {
        var entries: [VaultPace.Entry] = []
        while let entry = enter(&pace, at: now) { entries.append(entry) }
        return entries
    }

    @Test("A burst of 429 halves the readings at once a single time, and all wait for one moment")
    func burst() throws {
        var pace = VaultPace(.standard)
        let entries = enterAll(&pace, at: start)
        #expect(entries.count == 32)
        let moments = try entries.map {
            pace.failed($0, try failure(429), at: start, chance: 1)
        }
        #expect(Set(moments) == [start + .seconds(1.5)])
        #expect(pace.atOnce == 16)
        guard case .wait(let until) = pace.admission(at: start, earliest: start) else {
            Issue.record("a reading that nobody has tried yet goes ahead")
            return
        }
        #expect(until == start + .seconds(1.5))
        #expect(enterAll(&pace, at: until).count == 16)
    }

    @Test("A burst of refusals with Retry-After is one wait, not the longest of them")
    func burstWithRetryAfter() throws {
        var pace = VaultPace(.standard)
        let entries = enterAll(&pace, at: start)
        let failure = try failure(429, retryAfter: "10")
        let moments = entries.enumerated().map { index, entry in
            pace.failed(entry, failure, at: start, chance: index == 0 ? 0.5 : 1)
        }
        #expect(Set(moments) == [start + .seconds(12.5)])
    }

    @Test("What is allowed at once grows by one for each round of answers")
    func growth() throws {
        var pace = VaultPace(.standard)
        let entry = try #require(enter(&pace, at: start))
        _ = pace.failed(entry, try failure(429), at: start, chance: 0)
        let later = start + .seconds(1)
        for _ in 0..<2 {
            for entry in enterAll(&pace, at: later) { pace.answered(entry, at: later) }
        }
        #expect(pace.atOnce == 17)
        for _ in 0..<1000 {
            for entry in enterAll(&pace, at: later) { pace.answered(entry, at: later) }
        }
        #expect(pace.atOnce == 32)
    }

    @Test("A vault that throttles all the waits is shut, and the next pass begins with one reading")
    func shut() throws {
        var pace = VaultPace(.standard)
        var now = start
        var waits: [Duration] = []
        // Each of these readings is refused for its first time: the waits are the vault's.
        while let entry = enter(&pace, at: now),
            let moment = pace.failed(entry, try failure(429), at: now, chance: 0)
        {
            waits.append(now.duration(to: moment))
            now = moment
        }
        #expect(waits == [1, 2, 4, 8, 16].map { .seconds($0) })
        guard case .refuse(let error, let rest) = pace.admission(at: now, earliest: now) else {
            Issue.record("the vault is asked all the same")
            return
        }
        let spared = try read("other").spared(error, rest: rest)
        #expect(
            spared.description == #"read certificate "other" from kv.vault.azure.net: "#
                + "not asked, the vault had failed before: 429 Too Many Requests"
        )
        #expect(spared.kind == .throttled && spared.hint != nil)

        pace.beginPass(at: now)
        let probe = try #require(enter(&pace, at: now))
        #expect(enter(&pace, at: now) == nil)
        pace.answered(probe, at: now)
        #expect(
            enterAll(&pace, at: now).count == 2,
            "1 after so many halvings, and the answer's one"
        )
    }

    @Test("A first reading of the next pass that is refused, too, is the only one")
    func refusedProbe() throws {
        var pace = VaultPace(.instant)
        for _ in 0..<3 {
            let entry = try #require(enter(&pace, at: start))
            _ = pace.failed(entry, try failure(503), at: start, chance: 0)
        }
        pace.beginPass(at: start)
        let probe = try #require(enter(&pace, at: start))
        #expect(pace.failed(probe, try failure(503), at: start, chance: 0) == nil)
        #expect(enter(&pace, at: start) == nil)
    }

    @Test(
        "A vault that wants a longer rest than a pass waits for is left alone for all of it",
        arguments: [(429, "120", 120), (503, "120", 120), (429, "4000000000", 3600)]
    )
    func longRest(status: Int, retryAfter: String, seconds: Int) throws {
        var pace = VaultPace(.standard)
        let entry = try #require(enter(&pace, at: start))
        let failure = try failure(status, retryAfter: retryAfter)
        #expect(pace.failed(entry, failure, at: start, chance: 0) == nil)
        let before = start + .seconds(seconds - 20)
        pace.beginPass(at: before)
        guard case .refuse(_, let rest) = pace.admission(at: before, earliest: before) else {
            Issue.record("the vault is asked before its time")
            return
        }
        #expect(rest == .seconds(20))
        pace.beginPass(at: start + .seconds(seconds))
        #expect(enter(&pace, at: start + .seconds(seconds)) != nil)
    }

    @Test("A Retry-After that a pass waits for holds for the whole vault")
    func shortRest() throws {
        var pace = VaultPace(.standard)
        let entry = try #require(enter(&pace, at: start))
        let failure = try failure(503, retryAfter: "20")
        let moment = pace.failed(entry, failure, at: start, chance: 0)
        #expect(moment == start + .seconds(20))
        #expect(enter(&pace, at: start + .seconds(19)) == nil)
        #expect(enterAll(&pace, at: start + .seconds(20)).count == 32, "503 is not 429")
    }

    @Test("An object that the vault can't read keeps no other from being read")
    func oneBadObject() throws {
        var pace = VaultPace(.standard)
        var now = start
        for count in 1...6 {
            let bad = try #require(enter(&pace, at: now))
            let good = try #require(enter(&pace, at: now))
            pace.answered(good, at: now + .milliseconds(1))
            let moment = pace.failed(bad, try failure(500, count: count), at: now, chance: 0)
            #expect((moment != nil) == (count < 6))
            #expect(enter(&pace, at: now).map { pace.left($0) } != nil)
            now = moment ?? now
        }
        // Nor in the passes in which it is alone.
        for _ in 0..<10 {
            pace.beginPass(at: now)
            let entry = try #require(enter(&pace, at: now))
            _ = pace.failed(entry, try failure(500, count: 6), at: now, chance: 0)
        }
        #expect(enterAll(&pace, at: now).count == 32)
    }

    @Test("When three objects in a row can't be read, the vault is at fault, not they")
    func threeBadObjects() throws {
        var pace = VaultPace(.standard)
        for name in ["a", "b", "c"] {
            let entry = try #require(enter(&pace, at: start))
            _ = pace.failed(entry, try failure(500, name, count: 6), at: start, chance: 0)
        }
        #expect(enter(&pace, at: start) == nil)
    }

    @Test("A minute after a pass's first failure nothing more is retried")
    func patience() throws {
        var pace = VaultPace(.standard)
        let first = try #require(enter(&pace, at: start))
        _ = pace.failed(first, try failure(500), at: start, chance: 0)
        let later = start + .seconds(59)
        let second = try #require(enter(&pace, at: later))
        pace.answered(second, at: later)
        let third = try #require(enter(&pace, at: later))
        #expect(pace.failed(third, try failure(500, count: 2), at: later, chance: 0) == nil)
    }
}
