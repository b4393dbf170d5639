import ArgumentParser
import KeyVaultEmulator

/// `access limit`: how many requests a vault takes before it throttles.
struct AccessLimit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract: "Set how many requests a vault takes; without --requests, any number."
    )

    @OptionGroup var target: AccessTarget

    @Option(help: "How many; what is beyond is answered 429 and does not count.")
    var requests: Int?

    @Option(help: "Within how many seconds.")
    var seconds: Double = 10

    @Option(help: "The seconds that a 429 names in Retry-After; by default it has none.")
    var retryAfter: Int?

    func run() async throws {
        try await target.change { access in
            access.limit = requests.map {
                RequestLimit(requests: $0, seconds: seconds, retryAfterSeconds: retryAfter)
            }
        }
    }
}
