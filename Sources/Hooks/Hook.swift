/// A command that runs at one point of a deployment.
package struct Hook: Sendable, Hashable {
    /// What messages and history call it: its path below `hooks.d`, `reload/50-nginx`, or for one
    /// of the settings `settings:reload[0]`.
    package let name: String
    package let phase: HookPhase
    /// The program and its arguments; no shell comes in between.
    ///
    /// The program is an absolute path, or a name that is looked up in the clean `PATH`.
    package let command: [String]
    package let timeout: Duration
    /// The one certificate that it is for; nil is every certificate.
    package let certificate: String?
    /// Who it runs as; nil is the agent's own user.
    package let user: String?
    /// How often it is tried again when it fails, before that counts.
    package let retries: Int

    package init(
        name: String,
        phase: HookPhase,
        command: [String],
        timeout: Duration,
        certificate: String? = nil,
        user: String? = nil,
        retries: Int = 0
    ) {
        self.name = name
        self.phase = phase
        self.command = command
        self.timeout = timeout
        self.certificate = certificate
        self.user = user
        self.retries = retries
    }

    /// Whether one run does for both: the same command as the same user.
    package func isSame(as other: Hook) -> Bool {
        command == other.command && user == other.user
    }

    /// How long to wait after a failure before the try that follows it.
    ///
    /// | failures | pause | elapsed |
    /// |---|---|---|
    /// | 1 | 1 s | 1 s |
    /// | 2 | 2 s | 3 s |
    /// | 3 | 4 s | 7 s |
    /// | 4 | 8 s | 15 s |
    /// | 5 | 16 s | 31 s |
    /// | 6 | 32 s | 63 s |
    /// | 7 and more | 60 s | 123 s, … |
    package static func pause(afterFailures failures: Int) -> Duration {
        min(.seconds(60), .seconds(1 << min(max(failures, 1) - 1, 6)))
    }
}
