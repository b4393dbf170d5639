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

    package init(
        name: String,
        phase: HookPhase,
        command: [String],
        timeout: Duration,
        certificate: String? = nil
    ) {
        self.name = name
        self.phase = phase
        self.command = command
        self.timeout = timeout
        self.certificate = certificate
    }
}
