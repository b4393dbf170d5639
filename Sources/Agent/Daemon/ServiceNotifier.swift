import Glibc

/// Tells the service manager how the daemon is, over the datagram socket of sd_notify(3).
///
/// Without `$NOTIFY_SOCKET` every call does nothing.
package struct ServiceNotifier: Sendable {
    private let socket: LocalDatagram?

    /// How long the manager waits for a sign of life before it ends the daemon; nil when it does
    /// not watch it.
    ///
    /// This is `WatchdogSec=` of the unit.
    let watchdog: Duration?

    /// The notifier for what the service manager has put in the environment.
    package static func fromEnvironment() -> ServiceNotifier {
        func variable(_ name: String) -> String? {
            unsafe getenv(name).map { unsafe String(cString: $0) }
        }
        return ServiceNotifier(
            socket: variable("NOTIFY_SOCKET"),
            watchdog: watchdog(
                microseconds: variable("WATCHDOG_USEC"),
                process: variable("WATCHDOG_PID"),
                ownProcess: getpid()
            )
        )
    }

    init(socket: String?, watchdog: Duration? = nil) {
        self.socket = socket.flatMap { $0.isEmpty ? nil : LocalDatagram(path: $0) }
        self.watchdog = watchdog
    }

    /// What `$WATCHDOG_USEC` and `$WATCHDOG_PID` mean, as sd_watchdog_enabled(3) has it: the
    /// process is named because children inherit the variables.
    static func watchdog(
        microseconds: String?,
        process: String?,
        ownProcess: pid_t
    ) -> Duration? {
        guard let microseconds, let length = Int64(microseconds), length > 0 else { return nil }
        if let process, pid_t(process) != ownProcess { return nil }
        return .microseconds(length)
    }

    func ready() { send("READY=1") }
    func stopping() { send("STOPPING=1") }
    func alive() { send("WATCHDOG=1") }

    /// One line for `systemctl status`.
    func status(_ text: String) {
        send("STATUS=" + text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }

    /// Asks for so much more time to start or to stop, counted from now.
    func extendTimeout(by time: Duration) {
        send("EXTEND_TIMEOUT_USEC=\(max(1, time.inMicroseconds))")
    }

    /// sd_notify(3) wants the monotonic time with a reload, to tell it from one before.
    func reloading() {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        send("RELOADING=1\nMONOTONIC_USEC=\(time.tv_sec * 1_000_000 + time.tv_nsec / 1000)")
    }

    /// Losing a notification is right: the manager may be gone, and the work must go on.
    private func send(_ message: String) {
        _ = socket?.send(Array(message.utf8))
    }
}

extension Duration {
    /// The whole microseconds in it.
    fileprivate var inMicroseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
