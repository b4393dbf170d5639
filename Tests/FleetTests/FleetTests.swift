import Testing

@testable import fleet

/// Forty machines, and a vault that has as little for each as one of 4,000 in 10 s has for each of
/// ten thousand.
@Suite("A fleet that asks one vault", .timeLimit(.minutes(15)))
struct FleetTests {
    private static let hosts = 40
    private static let certificates = 5
    private static let all = hosts * certificates
    private static let limit = 16

    private func run(
        _ name: Scenario.Name,
        countsRefusals: Bool = false,
        retryAfter: Int? = nil,
        seed: UInt64 = 1
    ) throws -> [Figures] {
        let fleet = try Fleet(
            hosts: Self.hosts,
            certificates: Self.certificates,
            interval: 3600,
            retryAfter: retryAfter
        )
        return Scenario(name, interval: fleet.interval).figures(
            of: fleet,
            asking: .init(limit: Self.limit, countsRefusals: countsRefusals),
            seed: seed
        )
    }

    @Test("After a restart of all, the first polls are spread over the first tenth of the interval")
    func restart() throws {
        let first = try #require(try run(.restart).first)
        #expect(first.throttled == 0)
        #expect(first.unread == 0)
        let half = try #require(first.halfRead)
        #expect((120..<240).contains(half), "half of 360 s, more or less")
        #expect(first.most <= Self.limit)
    }

    @Test("In steady state a certificate costs a request an interval, and none is refused")
    func steady() throws {
        let day = try #require(try run(.restart).last)
        #expect(day.requests == Self.all * 24)
        #expect(day.throttled == 0 && day.unavailable == 0)
        #expect(day.unread == 0)
    }

    @Test(
        "A fleet that installs everything at once gets it from a vault that throttles",
        arguments: [(false, nil), (false, 1), (false, 10), (false, 60), (true, nil), (true, 10)]
    )
    func install(countsRefusals: Bool, retryAfter: Int?) throws {
        let figures = try run(.install, countsRefusals: countsRefusals, retryAfter: retryAfter)
        #expect(figures[0].throttled > 0)
        // A few requests for every certificate that is not there yet.
        #expect(figures[0].requests < 8 * Self.all, "\(figures[0])")
        #expect(figures[0].unread == 0, "\(figures)")
        let day = try #require(figures.last)
        #expect(day.throttled == 0)
        #expect(day.requests == Self.all * 24)
    }

    @Test("After an outage the fleet comes back within the interval, and falls into its places")
    func outage() throws {
        let figures = try run(.outage)
        #expect(figures[1].unavailable == figures[1].requests)
        #expect(figures[1].unread == Self.all)
        #expect(figures[2].unread == 0)
        #expect(figures[3].requests == Self.all)
        #expect(figures[3].throttled == 0)
    }

    @Test("Machines without points of their own are refused at each poll")
    func naive() throws {
        let day = try #require(try run(.naive).last)
        #expect(day.throttled > day.requests / 2)
    }

    @Test("The same seed gives the same figures, and another seed others")
    func seed() throws {
        #expect(try run(.install) == run(.install))
        #expect(try run(.install) != run(.install, seed: 2))
    }
}
