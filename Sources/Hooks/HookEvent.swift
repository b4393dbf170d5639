import FoundationEssentials

/// What happened: the whole batch, as each of its hooks is told.
package struct HookEvent: Sendable, Codable, Equatable {
    /// One certificate of the batch, and where its files are.
    package struct Certificate: Sendable, Codable, Equatable {
        package let name: String
        package let url: String
        package let version: String
        /// The version that was live before; nil for a first deployment.
        package let previousVersion: String?
        /// SHA-1 of the leaf, upper-case hex, as Azure shows it.
        package let thumbprint: String
        package let sha256: String
        /// The candidate's directory in the phase `check`, else the path through `current`.
        package let directory: String
        package let privkey: String
        package let cert: String
        package let chain: String
        package let fullchain: String
        package let bundle: String
        package let notAfter: Date
        package let domains: [String]

        package init(
            name: String,
            url: String,
            version: String,
            previousVersion: String?,
            thumbprint: String,
            sha256: String,
            directory: String,
            privkey: String,
            cert: String,
            chain: String,
            fullchain: String,
            bundle: String,
            notAfter: Date,
            domains: [String]
        ) {
            self.name = name
            self.url = url
            self.version = version
            self.previousVersion = previousVersion
            self.thumbprint = thumbprint
            self.sha256 = sha256
            self.directory = directory
            self.privkey = privkey
            self.cert = cert
            self.chain = chain
            self.fullchain = fullchain
            self.bundle = bundle
            self.notAfter = notAfter
            self.domains = domains
        }
    }

    package let phase: HookPhase
    package let trigger: String
    package let runId: String
    /// 1 for the first try of this hook, one more for each that follows.
    package let attempt: Int
    package let certificates: [Certificate]
    /// In the phase `failure`: why.
    package let error: String?

    package init(
        phase: HookPhase,
        trigger: String,
        runId: String,
        attempt: Int,
        certificates: [Certificate],
        error: String? = nil
    ) {
        self.phase = phase
        self.trigger = trigger
        self.runId = runId
        self.attempt = attempt
        self.certificates = certificates
        self.error = error
    }

    /// The same, told once more.
    package var again: HookEvent {
        HookEvent(
            phase: phase,
            trigger: trigger,
            runId: runId,
            attempt: attempt + 1,
            certificates: certificates,
            error: error
        )
    }
}
