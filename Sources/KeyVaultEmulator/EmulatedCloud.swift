import FoundationEssentials
import Locking
import Logging
import PKI

/// What the services of one emulator share.
final class EmulatedCloud: Sendable {
    let configuration: EmulatorConfiguration
    let store: VaultStore
    let faults = FaultList()
    let throttle = Throttle()
    let log = RequestLog()
    let tokens: TokenAuthority
    let maker: CertificateMaker
    /// Nil unless the machine is one of Azure Arc.
    let arcChallenges: ArcChallenges?
    private let currentBehaviour: Locked<EmulatorBehaviour>

    init(configuration: EmulatorConfiguration, folder: StateFolder) throws {
        self.configuration = configuration
        store = try VaultStore(folder: folder)
        tokens = try TokenAuthority(folder: folder)
        maker = CertificateMaker(authority: try AuthorityFiles.load(from: folder))
        arcChallenges = configuration.arcKeys.map { ArcChallenges(place: $0) }
        currentBehaviour = Locked(configuration.behaviour)
    }

    var behaviour: EmulatorBehaviour {
        get { currentBehaviour.withLock { $0 } }
        set { currentBehaviour.withLock { $0 = newValue } }
    }

    /// A token for `audience`, counted.
    func issueToken(
        for audience: String,
        to identity: ManagedIdentity
    ) -> (token: String, claims: TokenAuthority.Claims) {
        log.noteToken()
        return tokens.issue(
            for: audience,
            to: identity,
            lifetimeSeconds: behaviour.tokenLifetimeSeconds,
            now: Self.now
        )
    }

    /// Unix seconds.
    static var now: Int { Int(Date().timeIntervalSince1970) }
}
