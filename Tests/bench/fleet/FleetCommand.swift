import ArgumentParser
import Foundation

/// `fleet`: what a fleet of machines asks of one vault.
@main
struct FleetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Simulates a fleet of machines with kvagent that ask one vault.",
        discussion: """
            Time is virtual and nothing is sent. When a machine polls, waits and tries again is \
            decided by kvagent's own code; the vault takes so many requests in any 10 s and answers \
            the rest with 429. No list of the vault is read: a poll costs a request a certificate.

            restart  all machines restart at the same instant, everything being installed
            install  all machines start at the same instant, and nothing is installed
            outage   the vault answers 503 for an hour
            naive    no machine has a point of its own, as with Microsoft's extension: all poll \
            at the start, an interval later, and so on, and try again at the next poll

            A row tells the requests in 10 s (least, median, 99th percentile and most of all such \
            windows), the requests in all, how many were answered 429 and 503, after what time half, \
            99 % and all of the certificates of all machines were read successfully, and how many \
            were not.
            """
    )

    @Option(help: "How many machines there are.")
    var hosts = 10_000

    @Option(help: "How many certificates each of them has.")
    var certificates = 5

    @Option(help: "The seconds between two polls of a certificate.")
    var interval = 3600

    @Option(help: "How many requests the vault takes in 10 s.")
    var limit = 4000

    @Flag(help: "Requests that are answered 429 use the limit up, too.")
    var countRefusals = false

    @Option(help: "The seconds of the Retry-After that comes with 429; none if not given.")
    var retryAfter: Int?

    @Option(help: "What chance begins with: the same seed gives the same figures.")
    var seed: UInt64 = 1

    @Option(name: .customLong("scenario"), help: "Which to run, may be repeated; all by default.")
    var scenarios: [Scenario.Name] = []

    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard hosts > 0, certificates > 0, limit > 0 else {
            throw ValidationError("there must be a machine, a certificate and a request at least")
        }
        guard retryAfter.map({ $0 >= 0 }) ?? true else {
            throw ValidationError("--retry-after can't be negative")
        }
    }

    func run() throws {
        let fleet = try Fleet(
            hosts: hosts,
            certificates: certificates,
            interval: interval,
            retryAfter: retryAfter
        )
        let vault = SimulatedVault.Behaviour(limit: limit, countsRefusals: countRefusals)
        let names = scenarios.isEmpty ? Scenario.Name.allCases : scenarios
        let figures = names.flatMap { name in
            let scenario = Scenario(name, interval: fleet.interval)
            return scenario.figures(of: fleet, asking: vault, seed: seed)
        }
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            print(String(decoding: try encoder.encode(figures), as: UTF8.self))
        } else {
            print("\(hosts) machines × \(certificates) certificates, \(limit) requests in 10 s\n")
            print(Table(figures))
        }
    }
}

extension Scenario.Name: ExpressibleByArgument {}
