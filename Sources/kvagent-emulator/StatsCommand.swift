import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `stats`: what has been asked of the emulator.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Print how many requests, connections and tokens there were."
    )

    @OptionGroup var options: StateOptions

    @Flag(help: "Print JSON, with the last thousand requests.")
    var json = false

    @Flag(help: "Print the last thousand requests as well, oldest first.")
    var log = false

    func run() async throws {
        let client = try AdminClient(options)
        guard !json else {
            print(String(decoding: try await client.send(.get, "/statistics"), as: UTF8.self))
            return
        }
        let statistics = try await client.send(.get, "/statistics", as: EmulatorStatistics.self)
        if log {
            for request in statistics.log {
                print(
                    request.at.formatted(.iso8601),
                    request.status,
                    request.method,
                    request.host + request.path,
                    "HTTP/" + request.httpVersion
                )
            }
        }
        print("connections", statistics.connections)
        print("bytes received", statistics.bytesReceived)
        print("bytes sent", statistics.bytesSent)
        print("tokens", statistics.tokens)
        for (kind, count) in statistics.requests.sorted(by: { $0.key < $1.key }) {
            print(kind, count)
        }
    }
}
