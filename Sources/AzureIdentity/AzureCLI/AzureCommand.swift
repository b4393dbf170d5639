import Foundation
import Glibc
import HTTP
import Sensitive
import Subprocess
import SystemPackage

/// Asks Azure's command line, `az`, for the token of whoever is logged in there.
///
/// For a person at a machine, who has logged in with `az login`. As azure-identity's
/// `AzureCliCredential` asks.
struct AzureCommand: Sendable {
    let tenantID: String?
    let surroundings: IdentitySurroundings
    let now: @Sendable () -> Date

    /// Why `az` gave no token.
    private struct Problem: Error {
        let cause: String
        var hint: String?
        var kind = IdentityError.Kind.refused
    }

    /// A new token; one try, as `az` tries by itself.
    func token(for audience: String) async throws(IdentityError) -> AccessToken {
        do throws(Problem) {
            return try await ask(for: audience)
        } catch {
            throw IdentityError(
                kind: error.kind,
                description: "get token for \(audience) from az: \(error.cause)",
                hint: error.hint
            )
        }
    }

    private func ask(for audience: String) async throws(Problem) -> AccessToken {
        if let tenantID, !Application.isTenant(tenantID) {
            throw Problem(cause: "the tenant is no id and no domain")
        }
        // In the directories of root alone: what PATH names may be another's.
        let places = surroundings.commandDirectories.map { "\($0)/az" }
        guard let program = places.first(where: FileManager.default.isExecutableFile(atPath:))
        else {
            throw Problem(
                cause:
                    "it is not installed in \(surroundings.commandDirectories.joined(separator: ", "))",
                hint: "install the package azure-cli, or use another credential"
            )
        }
        guard Self.isOfRoot(program) else {
            throw Problem(
                cause: "\(program) can be changed by others than root",
                hint: "chown root: \(program); chmod go-w \(program)"
            )
        }
        let asked = now()
        let (isFine, output, errors) = try await run(program, arguments(audience))
        guard isFine else {
            let refusal = AzureCommandRefusal(errors: errors)
            throw Problem(cause: refusal.text, hint: refusal.mend(tenant: tenantID))
        }
        // Nothing of what the decoder says is passed on: it may quote the token.
        guard
            let token = output.withBytes({ span in
                try? JSONDecoder().decode(
                    AzureCommandAnswer.self,
                    from: Data(span.indices.map { span[$0] })
                )
            })?.token(now: asked)
        else {
            throw Problem(cause: "the answer holds no usable token", kind: .malformed)
        }
        return token
    }

    /// Whether nobody else can put something of theirs into the program: it runs as we do.
    private static func isOfRoot(_ program: String) -> Bool {
        var facts = stat()
        return unsafe stat(program, &facts) == 0 && [0, geteuid()].contains(facts.st_uid)
            && facts.st_mode & 0o022 == 0
    }

    private func arguments(_ audience: String) -> [String] {
        ["account", "get-access-token", "--output", "json", "--scope", "\(audience)/.default"]
            + (tenantID.map { ["--tenant", $0] } ?? [])
    }

    /// Runs it in an environment of its own, and ends it when it takes too long.
    private func run(
        _ program: String,
        _ arguments: [String]
    ) async throws(Problem) -> (isFine: Bool, output: SensitiveBytes, errors: String) {
        var variables: [Environment.Key: String] = [
            "PATH": surroundings.commandDirectories.joined(separator: ":"),
            "AZURE_CORE_NO_COLOR": "true", "AZURE_CORE_ONLY_SHOW_ERRORS": "true",
            "LC_ALL": "C.UTF-8",
        ]
        for name in Self.variables {
            variables[Environment.Key(stringLiteral: name)] = surroundings.environment[name]
        }
        var options = PlatformOptions()
        options.createSession = true
        // The group, because `az` is a shell script that has Python do the work.
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        let configuration = Configuration(
            executable: .path(FilePath(program)),
            arguments: Arguments(arguments),
            environment: .custom(variables),
            workingDirectory: "/",
            platformOptions: options
        )
        let limit = surroundings.commandLimit
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await Self.outcome(of: configuration) }
            group.addTask {
                // Cancelled when the other is done.
                try? await Task.sleep(for: limit)
                return .late
            }
            let first = await group.next() ?? .late
            group.cancelAll()
            return first
        }
        switch outcome {
        case .ended(let isFine, let output, let errors): return (isFine, output, errors)
        case .failed(let cause): throw Problem(cause: cause)
        case .late:
            throw Problem(cause: "no answer within \(limit)", kind: .unreachable)
        }
    }

    /// What it is told of ours: where it keeps who is logged in, and the way to Azure.
    private static let variables = [
        "HOME", "AZURE_CONFIG_DIR", "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy",
        "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE",
    ]

    private enum Outcome: Sendable {
        case ended(isFine: Bool, output: SensitiveBytes, errors: String)
        case failed(String)
        case late
    }

    private static func outcome(of configuration: Configuration) async -> Outcome {
        do {
            let result = try await Subprocess.run(
                configuration,
                input: .none,
                output: .bytes(limit: 64 << 10),
                error: .string(limit: 16 << 10)
            )
            return .ended(
                isFine: result.terminationStatus.isSuccess,
                output: SensitiveBytes(copying: result.standardOutput),
                errors: result.standardError
            )
        } catch {
            return .failed("it can't be run: \(error)".oneLine())
        }
    }
}
