import Agent
import ArgumentParser
import CLinux
import Glibc
import PKI

/// The command line as a whole.
struct Kvagent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kvagent",
        abstract: "Keep certificates from Azure Key Vault on disk, and their servers reloaded.",
        discussion: """
            Settings are read from /etc/kvagent/kvagent.yaml, from the file that KVAGENT_CONFIG \
            names, or from the one given with --config.

            Exit status: 0 fine, 1 a certificate or hook failed, 10 something changed or differs \
            (--exit-code of sync and diff), 11 another process holds the lock, 64 usage, 69 vault \
            or identity endpoint away, 77 denied, 78 settings, or a history of a newer kvagent.
            """,
        version: kvagentVersion,
        subcommands: [
            RunCommand.self, SyncCommand.self, StatusCommand.self,
            HistoryFilesCommand.isAsked ? HistoryFilesCommand.self : HistoryCommand.self,
            ShowCommand.self, DiffCommand.self, RollbackCommand.self, PinCommand.self,
            UnpinCommand.self,
            RetryCommand.self, ApproveCommand.self, PruneCommand.self, ServingCommand.self,
            HooksCommand.self, DoctorCommand.self, WaitCommand.self,
            CheckCommand.self, MetricsCommand.self, ReportCommand.self, ConfigCommand.self,
        ]
    )
}

/// The one place where errors become messages and exit codes.
@main
enum Main {
    static func main() async {
        Process.keepStandardDescriptors()
        Process.outliveItsReaders()
        Process.keepSecretsInMemory()
        keepOpenSSLUntilTheEnd()
        do {
            var command = try Kvagent.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let failure = Failure(error)
            Glibc.exit(CheckCommand.isAsked ? failure.reportToMonitor() : failure.report())
        }
    }
}

/// The machine.
enum Host {
    /// Its name, as uname(2) has it: without asking a name server, which may be away.
    static var name: String {
        var names = utsname()
        guard unsafe uname(&names) == 0 else { return "localhost" }
        return unsafe withUnsafeBytes(of: &names.nodename) { field in
            unsafe String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// What concerns the whole process.
enum Process {
    /// Takes the numbers 0 to 2 where whoever started us has closed them.
    ///
    /// The history would otherwise get one, and the log would be written into the database. They
    /// are opened the wrong way round, so that writing goes wrong instead of seeming to succeed.
    static func keepStandardDescriptors() {
        for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) == -1 {
            // The lowest free number is this one, since those below it are taken.
            _ = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }

    /// A log or a terminal that goes away must not end a deployment between two of its steps.
    ///
    /// Hooks get the default back: Subprocess resets every signal in the child.
    static func outliveItsReaders() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// No core dump and no tracing by other processes of the same user: the memory holds keys.
    static func keepSecretsInMemory() {
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        // A limit of zero does not stop a dump into a pipe, as systemd-coredump takes it: core(5).
        _ = kv_set_dumpable(0)
    }
}
