import AzureIdentity
import Glibc
import Hooks
import KeyVault
import Store
import SystemPackage

extension Settings {
    /// What this host lacks of what the settings count on, found without changing anything.
    ///
    /// Only a check before the start asks for all of it. At work, an account that is missing fails
    /// its own certificate and stops no other, so that it must not keep the agent from starting.
    package func hostProblems() -> [SettingsProblem] {
        directoryProblems() + credentialProblems() + referenceProblems()
    }

    /// Files and accounts that the settings name and that can't be used.
    func referenceProblems() -> [SettingsProblem] {
        bundleProblems() + certificates.indices.flatMap(accountProblems)
            + certificates.indices.compactMap(passwordProblem)
    }

    private func bundleProblems() -> [SettingsProblem] {
        guard let bundle = cloud.caBundle, unsafe access(bundle, R_OK) != 0 else { return [] }
        return [
            origins.problem(
                "cloud.caBundle",
                "\(bundle) can't be read: \(Errno(rawValue: errno)); name a PEM file with the authorities to trust"
            )
        ]
    }

    /// Whether the credential's files are there, as far as this process can know: those that systemd
    /// passes to the service are there while it runs.
    private func credentialProblems() -> [SettingsProblem] {
        guard let file = credential.file, file.path.hasPrefix("/"),
            let problem = credential.problem(in: identitySurroundings)
        else { return [] }
        let mend = problem.hint.map { "; \($0)" } ?? ""
        return [
            origins.problem(
                "authenticationSettings.\(file.key)",
                "\(file.path): \(problem.cause)\(mend)"
            )
        ]
    }

    private func passwordProblem(_ index: Int) -> SettingsProblem? {
        guard certificates[index].formats.contains(.pkcs12),
            let path = certificates[index].pkcs12.passwordFile
        else { return nil }
        do {
            _ = try PasswordFile(path: path).read()
            return nil
        } catch {
            let entry = "secretsManagementSettings.observedCertificates[\(index)]"
            let mend = error.hint.map { "; \($0)" } ?? ""
            return origins.problem(
                "\(entry).pkcs12.passwordFile",
                "\(path): \(error.cause)\(mend)"
            )
        }
    }

    private func accountProblems(_ index: Int) -> [SettingsProblem] {
        let access = certificates[index].access
        let entry = "secretsManagementSettings.observedCertificates[\(index)]"
        var users = [("\(entry).owner", access.owner)]
        var groups = [("\(entry).group", access.group)]
        for (index, grant) in access.acls.enumerated() {
            users.append(("\(entry).acls[\(index)].user", grant.user))
            groups.append(("\(entry).acls[\(index)].group", grant.group))
        }
        for (index, hook) in certificates[index].hooks.enumerated() {
            users.append(("\(entry).hooks[\(index)].user", hook.user))
        }
        func problems(
            _ names: [(key: String, name: String?)],
            _ obstacle: (String) -> StoreError?
        ) -> [SettingsProblem] {
            names.compactMap { key, name in
                guard let name, let error = obstacle(name) else { return nil }
                let mend = error.hint.map { "; \($0)" } ?? ""
                return origins.problem(key, "\(name): \(error.cause)\(mend)")
            }
        }
        return problems(users) { CertificateStore.obstacle(toUser: $0) }
            + problems(groups) { CertificateStore.obstacle(toGroup: $0) }
    }
}

extension Credential {
    /// The file that it needs, and the key of the settings that names it.
    fileprivate var file: (key: String, path: String)? {
        switch self {
        case .application(_, .secretFile(let path)): ("clientSecretFile", path)
        case .application(_, .certificateFile(let path, _)): ("certificateFile", path)
        case .workloadIdentity(let identity):
            // The rest of it may be in the service's environment, of which a shell knows nothing.
            identity.tokenFile.map { ("tokenFile", $0) }
        case .managedIdentity, .application, .environment, .azureCLI: nil
        }
    }
}
