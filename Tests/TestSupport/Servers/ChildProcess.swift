import Glibc
import Synchronization

/// A process that a test starts, and that ends with this object.
///
/// `posix_spawn` rather than Foundation's `Process`: that one passes on the signal mask of the
/// thread it happens to run on, and a child with SIGTERM blocked can't be asked to stop.
package final class ChildProcess: Sendable {
    /// Nil once it has ended: its number may be another's by then.
    private let running: Mutex<pid_t?>

    /// Starts a program with nothing but the given environment and standard input.
    ///
    /// - Parameters:
    ///   - command: the path of the program and its arguments.
    ///   - environment: entries of the form `NAME=value`.
    ///   - input: becomes its standard input; nil for an empty one.
    /// - Throws: the system's reason.
    package init(
        _ command: [String],
        environment: [String] = ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        input: Int32? = nil
    ) throws(ServerError) {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }

        if let input {
            unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        } else {
            unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var noSignals = sigset_t()
        unsafe sigemptyset(&noSignals)
        unsafe posix_spawnattr_setsigmask(&attributes, &noSignals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer {
            while let text = unsafe arguments.popLast() { unsafe free(text) }
            while let text = unsafe variables.popLast() { unsafe free(text) }
        }
        var process: pid_t = 0
        let code = unsafe posix_spawn(
            &process,
            command[0],
            &actions,
            &attributes,
            &arguments,
            &variables
        )
        guard code == 0 else {
            throw ServerError("start \(command[0]): \(unsafe String(cString: strerror(code)))")
        }
        running = Mutex(process)
    }

    deinit {
        running.withLock { process in
            guard let process else { return }
            kill(process, SIGTERM)
        }
        wait()
    }

    /// Waits until it ends by itself; its exit code, or nil when a signal ended it.
    @discardableResult
    package func wait() -> Int32? {
        running.withLock { process in
            guard let child = process else { return nil }
            var status: Int32 = 0
            while unsafe waitpid(child, &status, 0) < 0, errno == EINTR {}
            process = nil
            return status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
        }
    }
}
