import Glibc
import Subprocess
import SystemPackage

/// What a program did.
package struct CommandResult: Sendable {
    /// The exit code, or 128 and the signal, as a shell says it.
    package let status: Int
    package let output: String
    package let errors: String
}

/// Runs a program to its end.
///
/// - Parameters:
///   - command: The program, looked up in `PATH`, and its arguments.
///   - user: The user as whom it runs, without further groups; only root may ask for another.
/// - Returns: Its exit code and what it wrote, at most 1 MiB of each.
/// - Throws: When it can't be started.
package func runCommand(_ command: [String], as user: uid_t? = nil) async throws -> CommandResult {
    let result = try await Subprocess.run(
        configuration(command, user),
        output: .string(limit: 1 << 20),
        error: .string(limit: 1 << 20)
    )
    let status =
        switch result.terminationStatus {
        case .exited(let code): Int(code)
        case .signaled(let signal): 128 + Int(signal)
        }
    return CommandResult(
        status: status,
        output: result.standardOutput,
        errors: result.standardError
    )
}

/// Runs `body` beside a program, which is killed, with all that it has started, when `body` is done.
///
/// - Parameters:
///   - command: The program and its arguments.
///   - user: The user as whom it runs, without further groups.
///   - output: A file that takes its stdout; nil drops it.
///   - body: What to do meanwhile; it is given the process's number, which is also its group's.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, or why the program can't be started.
@discardableResult
package func withRunningCommand<Value: Sendable>(
    _ command: [String],
    as user: uid_t? = nil,
    output: FilePath? = nil,
    _ body: (pid_t) async throws -> Value
) async throws -> Value {
    let file = try FileDescriptor.open(
        output ?? "/dev/null",
        .writeOnly,
        options: [.create, .append, .closeOnExec],
        permissions: [.ownerReadWrite]
    )
    var configuration = configuration(command, user)
    configuration.platformOptions.createSession = true
    let ended = try await Subprocess.run(
        configuration,
        input: .none,
        output: .fileDescriptor(file, closeAfterSpawningProcess: true),
        error: .discarded
    ) { execution in
        let process = execution.processIdentifier.value
        do {
            let value = try await body(process)
            kill(-process, SIGKILL)
            return value
        } catch {
            kill(-process, SIGKILL)
            throw error
        }
    }
    return ended.closureResult
}

private func configuration(_ command: [String], _ user: uid_t?) -> Configuration {
    // Not with Subprocess's own userID: its child calls setgroups(3) after a bare clone3(2), where
    // the C library waits for ever for a thread that was just starting in the parent.
    let prefix =
        user.map { ["setpriv", "--reuid=\($0)", "--regid=\($0)", "--clear-groups"] } ?? []
    let command = prefix + command
    let program = command.first ?? ""
    return Configuration(
        executable: program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
        arguments: Arguments(Array(command.dropFirst())),
        environment: .inherit.updating(["LC_ALL": "C.UTF-8"])
    )
}
