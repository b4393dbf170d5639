import Agent
import Foundation
import History
import KeyVaultEmulator
import Logging
import PKI
import Sensitive
import Store
import Subprocess
import SystemPackage
import TestSupport

/// The real agent with real files, hooks and history, and a vault of its own in an emulator.
///
/// It takes the steps that the model takes; ``disagreement(with:isWhole:)`` says where the two differ.
final class World {
    let directory: FilePath
    let emulator: Emulator
    let vault: String
    let settings: Settings
    var agent: Agent

    /// Key Vault's versions by their numbers in the model.
    var versions: [[String]] = []

    /// The version of each certificate whose files were last found whole.
    var whole: [Int: String] = [:]

    /// The run ID of the agent's last pass.
    private var lastPass: String?

    var ends: [Phase: End] = [:]
    var flaws: [(version: String, flaw: Flaw)] = []

    init(
        directory: FilePath,
        emulator: Emulator,
        vault: String,
        onFailure: FailurePolicy
    ) async throws {
        self.directory = directory
        self.emulator = emulator
        self.vault = vault
        try Self.writeHooks(directory)
        try writeFile(
            Self.settingsFile(directory),
            Self.settings(directory, emulator.endpoints, vault: vault, onFailure: onFailure)
        )
        settings = try Settings.read(Self.settingsFile(directory).string)
        agent = try Self.openAgent(settings)
        for name in 0..<Model.count {
            versions.append([
                try await emulator.createCertificate(
                    vault: vault,
                    name: Step.name(name),
                    CertificateOptions(
                        dnsNames: ["\(Step.name(name)).example", "www.\(Step.name(name)).example"],
                        key: .p256
                    )
                )
            ])
        }
        try writeRules()
    }

    private static func openAgent(_ settings: Settings) throws -> Agent {
        try Agent.open(
            settings,
            actor: "agent",
            logger: Logger(label: "model") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    private static func settingsFile(_ directory: FilePath) -> FilePath {
        directory.appending("kvagent.yaml")
    }

    private static func settings(
        _ directory: FilePath,
        _ endpoints: EmulatorEndpoints,
        vault: String,
        onFailure: FailurePolicy
    ) -> String {
        let observed = (0..<Model.count).map(Step.name).map { name in
            "    - {url: \(endpoints.secretURL(vault, name)), name: \(name)}"
        }
        let cloud = endpoints.cloudSettings
        return """
            secretsManagementSettings:
              observedCertificates:
            \(observed.joined(separator: "\n"))
            authenticationSettings:
              msiEndpoint: \(endpoints.identityEndpoint)
            cloud:
              vaultSuffix: \(cloud.vaultSuffix)
              audience: \(cloud.audience)
              authorityHost: \(cloud.authorityHost)
              caBundle: \(cloud.caBundle)
            stateDirectory: \(directory)/state
            history: {keepVersions: \(Model.keepVersions)}
            hooks:
              directory: \(directory)/hooks.d
              runner: direct
              timeout: 60s
              onFailure: \(onFailure.rawValue)
            """
    }
}

extension World {
    /// Does what the step says.
    ///
    /// - Returns: What came of it, to compare with the model's answer.
    func take(_ step: Step) async throws -> Model.Answer {
        switch step {
        case .publish(let name, let flaw):
            let version = try await emulator.rotate(
                vault: vault,
                name: Step.name(name),
                fault: flaw.content
            )
            versions[name].append(version)
            flaws.append((version, flaw))
            try writeRules()
        case .disable(let name):
            try await emulator.setEnabled(false, vault: vault, name: Step.name(name))
        case .enable(let name):
            try await emulator.setEnabled(true, vault: vault, name: Step.name(name))
        case .damage(let name):
            let current = store.currentDirectory(of: Step.name(name))
            guard facts(of: current) != nil else { break }
            try writeFile(current.appending("fullchain.pem"), "altered", mode: 0o640)
            whole[name] = nil
        case .hooks(let phase, let end):
            ends[phase] = end
            try writeRules()
        case .restart: agent = try Self.openAgent(settings)
        case .run(let command): return try await run(command)
        case .kill(let command, let phase, let hook):
            return try await run(command, killedBy: phase, hook)
        }
        return .done
    }

    private func run(_ command: Command) async throws -> Model.Answer {
        let agent = agent.nextRun()
        do {
            switch command {
            case .sync(let name):
                let names = name.map { [Step.name($0)] }
                lastPass = try await agent.pass(over: names, trigger: .sync).runID
            case .pin(let name, let isOver):
                let end = isOver ? Date(timeIntervalSinceNow: -1) : nil
                _ = try await agent.pin(Step.name(name), reason: nil, until: end)
            case .unpin(let name): _ = try await agent.unpin(Step.name(name))
            case .retry(let name):
                return .cleared(try await agent.retry(Step.name(name)).refusals)
            case .approve(let name):
                _ = try await agent.approve(Step.name(name), reason: nil)
            case .rollback(let name, let target, let pins):
                guard let target = self.target(target, of: name) else { return .refused }
                _ = try await agent.rollback(
                    RollbackRequest(
                        .certificate(Step.name(name), to: target),
                        hold: pins ? .pin(until: nil) : .refusal
                    )
                )
            case .rollbackOfPass(let pins):
                guard let lastPass else { return .refused }
                _ = try await agent.rollback(
                    RollbackRequest(.batch(lastPass), hold: pins ? .pin(until: nil) : .refusal)
                )
            }
        } catch is Refusal {
            return .refused
        }
        return .done
    }

    private func target(_ target: Target, of name: Int) -> RollbackTarget? {
        switch target {
        case .steps(let steps): return .steps(steps)
        case .version(let age):
            guard age < versions[name].count else { return nil }
            return .version(prefix: versions[name][versions[name].count - 1 - age])
        }
    }

    /// Runs the command as a process, which a hook kills.
    private func run(
        _ command: Command,
        killedBy phase: Phase,
        _ hook: Int
    ) async throws -> Model.Answer {
        let fatal = directory.appending("fatal-\(phase)")
        try writeFile(fatal, "\(hook)\n")
        defer { removeTree(fatal) }
        guard let arguments = arguments(of: command) else { return .refused }
        let result = try await runCommand(
            [Self.kvagent] + arguments + ["--config", Self.settingsFile(directory).string]
        )
        switch result.status {
        case 137: return .killed
        case 0, 1, 69:
            return result.errors.contains("error:") && result.output.isEmpty ? .refused : .done
        default:
            throw Disagreement("\(command) exited with \(result.status): \(result.errors)")
        }
    }

    private func arguments(of command: Command) -> [String]? {
        switch command {
        case .sync(let name): return ["sync"] + (name.map { [Step.name($0)] } ?? [])
        case .pin(let name, _): return ["pin", Step.name(name)]
        case .unpin(let name): return ["unpin", Step.name(name)]
        case .retry(let name): return ["retry", Step.name(name)]
        case .approve(let name): return ["approve", Step.name(name)]
        case .rollback(let name, let target, let pins):
            let to: String
            switch self.target(target, of: name) {
            case .steps(let steps): to = "-\(steps)"
            case .version(let version): to = version
            default: return nil
            }
            return ["rollback", Step.name(name), "--to", to] + (pins ? [] : ["--no-pin"])
        case .rollbackOfPass(let pins):
            return lastPass.map { ["rollback", "--batch", $0] + (pins ? [] : ["--no-pin"]) }
        }
    }

    private static let kvagent = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "kvagent").path
}

extension Flaw {
    fileprivate var content: ContentFault? {
        switch self {
        case .garbage: .garbageValue
        case .keyOfAnother: .keyOfAnother
        case .expired: .expired
        case .notYetValid: .notYetValid
        case .fewerNames: .fewerNames
        default: nil
        }
    }
}
