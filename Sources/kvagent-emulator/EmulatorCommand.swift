import ArgumentParser
import Glibc

/// `kvagent-emulator`: starts an emulator and operates a running one.
@main
struct EmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kvagent-emulator",
        abstract: "A stand-in for Azure Key Vault, Entra ID and a machine's identity endpoint.",
        discussion: """
            For tests and demonstrations only: it listens on loopback and guards nothing. \
            'serve' runs it; the other commands find it through its state folder.
            """,
        subcommands: [
            ServeCommand.self, CertificateCommand.self, SecretCommand.self, FaultCommand.self,
            AccessCommand.self, StatsCommand.self, SettingsCommand.self,
        ]
    )

    /// Runs the command; what it throws becomes one line on standard error and exit code 1.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as CommandError {
            let text = Array("kvagent-emulator: error: \(error.description)\n".utf8)
            _ = unsafe text.withUnsafeBytes { buffer in
                unsafe write(STDERR_FILENO, buffer.baseAddress, buffer.count)
            }
            Glibc.exit(EXIT_FAILURE)
        } catch {
            exit(withError: error)
        }
    }
}

/// Why a command could not do what it was asked for.
struct CommandError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
