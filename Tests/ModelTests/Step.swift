/// One thing that happens to the certificates of a vault or to the agent that keeps them.
///
/// Certificates are numbered from 0, and so are the versions of each.
enum Step: Sendable, Hashable {
    /// The vault gets a new version.
    case publish(Int, Flaw)

    /// The newest version is disabled in the vault, or enabled again.
    case disable(Int)
    case enable(Int)

    /// A file of the live version is altered behind the agent's back.
    case damage(Int)

    /// The hooks of a phase go wrong from now on, whatever they are run for, or do no more.
    case hooks(Phase, End)

    case run(Command)

    /// The agent is ended at rest, and another begins.
    case restart

    /// A command's process is killed by the so-manieth hook of a phase that it runs; where it runs
    /// fewer, it ends by itself.
    case kill(Command, Phase, hook: Int)
}

/// What a person, or the clock, asks of the agent.
enum Command: Sendable, Hashable {
    /// One pass; nil is over all of the certificates.
    case sync(Int?)
    case pin(Int, isOver: Bool)
    case unpin(Int)
    case retry(Int)
    case approve(Int)
    case rollback(Int, Target, pins: Bool)

    /// All goes back that the agent's last pass has deployed.
    case rollbackOfPass(pins: Bool)
}

/// Where a rollback goes.
enum Target: Sendable, Hashable {
    case steps(Int)

    /// The version that is so many older than the vault's newest.
    case version(Int)
}

/// What is wrong with a version.
enum Flaw: String, Sendable, CaseIterable {
    case none
    case garbage, keyOfAnother
    case expired, notYetValid

    /// It lacks a name that the others have.
    case fewerNames

    /// A hook finds it bad, or asks for later, whenever it is run for it.
    case checkFails, checkLater, deployFails, deployLater, reloadFails, reloadLater

    /// Whether no certificate can be read from it.
    var isUnreadable: Bool { self == .garbage || self == .keyOfAnother }

    /// Which of two versions is valid from earlier on; those of a kind follow each other.
    var age: Int {
        switch self {
        case .expired: -1
        case .notYetValid: 1
        default: 0
        }
    }

    /// How a hook of the phase ends when it is run for such a version.
    func end(_ phase: Phase) -> End {
        switch (self, phase) {
        case (.checkFails, .check), (.deployFails, .deploy), (.reloadFails, .reload): .failure
        case (.checkLater, .check), (.deployLater, .deploy), (.reloadLater, .reload): .later
        default: .success
        }
    }
}

enum Phase: String, Sendable, CaseIterable {
    case check, deploy, reload
}

/// How a hook ends, with its exit code.
enum End: Int, Sendable, CaseIterable {
    case success = 0
    case later = 75
    case failure = 1
}

extension Step {
    /// Whether the agent has a part in it, so that something can change.
    var isOfTheAgent: Bool {
        switch self {
        case .publish, .disable, .enable, .damage, .hooks: false
        case .run, .restart, .kill: true
        }
    }
}

extension Step: CustomStringConvertible {
    var description: String {
        switch self {
        case .publish(let certificate, .none): "publish \(Self.name(certificate))"
        case .publish(let certificate, let flaw): "publish \(Self.name(certificate)) (\(flaw))"
        case .disable(let certificate): "disable \(Self.name(certificate))"
        case .enable(let certificate): "enable \(Self.name(certificate))"
        case .damage(let certificate): "damage \(Self.name(certificate))"
        case .hooks(let phase, let end): "\(phase) hooks: \(end)"
        case .run(let command): "\(command)"
        case .restart: "restart"
        case .kill(let command, let phase, let hook): "\(command), killed by \(phase) hook \(hook)"
        }
    }

    /// What the certificate is called in settings, vault and store.
    static func name(_ certificate: Int) -> String {
        ["a", "b", "c"][certificate]
    }
}

extension Command: CustomStringConvertible {
    var description: String {
        switch self {
        case .sync(nil): "sync"
        case .sync(let certificate?): "sync \(Step.name(certificate))"
        case .pin(let certificate, let isOver):
            "pin \(Step.name(certificate))\(isOver ? " until just now" : "")"
        case .unpin(let certificate): "unpin \(Step.name(certificate))"
        case .retry(let certificate): "retry \(Step.name(certificate))"
        case .approve(let certificate): "approve \(Step.name(certificate))"
        case .rollback(let certificate, let target, let pins):
            "rollback \(Step.name(certificate)) \(target)\(pins ? "" : " without a pin")"
        case .rollbackOfPass(let pins): "rollback of the last pass\(pins ? "" : " without pins")"
        }
    }
}
