import HTTP

extension IdentitySurroundings {
    /// What a setting says, or else a variable of the environment.
    func value(
        _ value: String?,
        _ setting: String?,
        _ variable: String,
        of credential: String
    ) throws(CredentialProblem) -> String {
        if let value = value ?? environment[variable], !value.isEmpty { return value }
        throw CredentialProblem(
            operation: "read environment of \(credential)",
            cause: "\(variable) is not set",
            hint: setting.map { "set authenticationSettings.\($0), or \(variable) for the service" }
                ?? "set it for the service, with Environment= or EnvironmentFile="
        )
    }

    /// Whether `AZURE_AUTHORITY_HOST`, where it is set, names the authority of the settings' cloud.
    ///
    /// Only that one is ever asked. Another in the environment is a cloud that was left out of the
    /// settings, and the other's answer would be a riddle.
    func checkAuthority(of credential: String) throws(CredentialProblem) {
        guard let text = environment["AZURE_AUTHORITY_HOST"], !text.isEmpty else { return }
        let named = try? AuthorityHost(setting: text.contains("://") ? text : "https://\(text)")
        let known = try? AuthorityHost(setting: authorityHost)
        // What is no host at all is no authority of ours, either.
        guard let named, let known, named.isSame(as: known) else {
            throw CredentialProblem(
                operation: "read environment of \(credential)",
                cause: "AZURE_AUTHORITY_HOST is \(text.oneLine(limit: 100)), and the settings' "
                    + "cloud logs in at \(authorityHost)",
                hint: "set cloud to the Azure that it is in"
            )
        }
    }
}

extension AuthorityHost {
    /// Whether both are one authority by different names.
    ///
    /// The names are those that MSAL knows.
    func isSame(as other: AuthorityHost) -> Bool {
        name == other.name
            || Self.aliases.contains { $0.contains(name) && $0.contains(other.name) }
    }

    private static let aliases: [Set<String>] = [
        [
            "login.microsoftonline.com", "login.microsoft.com", "login.windows.net",
            "sts.windows.net",
        ],
        ["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
        ["login.microsoftonline.us", "login.usgovcloudapi.net"],
    ]
}
