import HTTP

/// What `az` says on its stderr instead of giving a token.
struct AzureCommandRefusal {
    let errors: String

    /// For people: the line that says why, without a token that it may hold.
    var text: String {
        let lines = errors.split(whereSeparator: \.isNewline).map {
            $0.trimmingPrefix { $0.isWhitespace }
        }
        .filter { !$0.isEmpty && !$0.contains("eyJ") }
        let line =
            lines.first { $0.contains("AADSTS") }
            // Python writes more than that, and warnings come first.
            ?? lines.first { $0.hasPrefix("ERROR:") } ?? lines.last
        guard let line else { return "no reason given" }
        return String(line).oneLine(limit: 300)
    }

    /// What to do about it.
    ///
    /// The numbers are from Microsoft's "Microsoft Entra authentication and authorization error
    /// codes"; whatever else Entra ID has against a login, a new one is what `az` asks for.
    func mend(tenant: String?) -> String? {
        let login =
            "log in as the user that kvagent runs as: az login"
            + (tenant.map { " --tenant \($0)" } ?? "")
        guard let code else {
            let isLoggedOut = errors.contains("az login") || errors.contains("az account set")
            return isLoggedOut ? login : nil
        }
        return switch code {
        case 90_002, 900_023: "check authenticationSettings.tenantId"
        case 53_000...53_003, 530_003, 530_035:
            "a Conditional Access policy of the tenant keeps whoever is logged in to az out"
        case 500_011:
            "the tenant knows nothing of the vaults of this cloud: check cloud, and az cloud show"
        default: login
        }
    }

    /// The number behind `AADSTS`.
    private var code: Int? {
        guard let start = errors.firstRange(of: "AADSTS")?.upperBound else { return nil }
        return Int(errors[start...].prefix { $0.isASCII && $0.isNumber })
    }
}
