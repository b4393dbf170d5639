import ArgumentParser
import HTTP
import KeyVaultEmulator

/// `fault set`: one more thing that goes wrong.
struct FaultSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Let something go wrong until it is cleared, or for a number of times.",
        discussion: """
            throttle, serverError, delay, cutOff, garbage, wrongContentType, refuseToken, \
            denyCertificates, denyCertificateList, denySecrets, denyAddress and denyObject change \
            answers. keyMissing, keyOfAnother, shuffledChain, expired, notYetValid, garbageValue \
            and leafOnly change the next version that 'certificate rotate' makes.
            """
    )

    @OptionGroup var options: StateOptions

    @Argument(help: "What goes wrong.")
    var kind: Fault.Kind

    @Option(help: "Whose answers.")
    var service: Fault.Service = .vault

    @Option(help: "Only in this vault.")
    var vault: String?

    @Option(help: "Only for this secret or certificate.")
    var name: String?

    @Option(help: "How many times; by default until it is cleared.")
    var count: Int?

    @Option(help: "The status of serverError.")
    var status: Int?

    @Option(help: "The seconds that throttle names in Retry-After.")
    var retryAfter: Int?

    @Option(help: "The milliseconds of delay.")
    var milliseconds: Int?

    func run() async throws {
        var fault = Fault(kind, on: service, vault: vault, name: name, count: count)
        fault.status = status
        fault.retryAfterSeconds = retryAfter
        fault.delayMilliseconds = milliseconds
        try await AdminClient(options).send(.post, "/faults", fault)
    }
}

extension Fault.Kind: ExpressibleByArgument {}
extension Fault.Service: ExpressibleByArgument {}
