/// Which key is valid where, so that an unknown one can be told its nearest valid place.
enum SettingsVocabulary {
    /// A place in the settings: `""` is the top level, `[]` stands for any entry of a list.
    typealias Place = String

    static let top: Place = ""
    static let secrets: Place = "secretsManagementSettings"
    static let certificate: Place = "secretsManagementSettings.observedCertificates[]"
    static let grant: Place = "secretsManagementSettings.observedCertificates[].acls[]"
    static let target: Place = "secretsManagementSettings.observedCertificates[].targets[]"
    static let targetGrant: Place =
        "secretsManagementSettings.observedCertificates[].targets[].acls[]"
    static let override: Place =
        "secretsManagementSettings.observedCertificates[].authenticationOverride"
    static let hook: Place = "secretsManagementSettings.observedCertificates[].hooks[]"
    static let verify: Place = "secretsManagementSettings.observedCertificates[].verify"
    /// The same, where there are several.
    static let verifyEntry: Place = "secretsManagementSettings.observedCertificates[].verify[]"
    static let pkcs12: Place = "secretsManagementSettings.observedCertificates[].pkcs12"
    static let certificatePolicy: Place =
        "secretsManagementSettings.observedCertificates[].policy"
    static let policy: Place = "policy"
    static let authentication: Place = "authenticationSettings"
    static let logging: Place = "loggingSettings"
    static let cloud: Place = "cloud"
    static let hooks: Place = "hooks"
    static let coalesce: Place = "hooks.coalesce"
    static let history: Place = "history"
    static let metrics: Place = "metrics"

    /// The keys that mean something, place by place.
    static let keys: [Place: [String]] = [
        top: [
            "secretsManagementSettings", "authenticationSettings", "loggingSettings", "cloud",
            "hooks", "history", "metrics", "stateDirectory", "policy",
        ],
        secrets: [
            "observedCertificates", "pollingIntervalInS", "certificateStoreLocation",
            "requireInitialSync", "extensionLayout",
        ],
        certificate: [
            "url", "name", "certificateStoreLocation", "owner", "group", "mode", "acls",
            "customSymbolicLinkName", "authenticationOverride", "pollingIntervalInS", "hooks",
            "verify", "formats", "pkcs12", "targets",
            "policy",
        ],
        target: ["path", "file", "copy", "owner", "group", "mode", "acls"],
        targetGrant: ["user", "group"],
        pkcs12: ["passwordFile", "encryption", "alias"],
        grant: ["user", "group"],
        override: ["msiClientId"],
        verify: ["connect", "serverName", "timeout", "startTLS"],
        verifyEntry: ["connect", "serverName", "timeout", "startTLS"],
        hook: ["phase", "run", "timeout", "user", "retries"],
        policy: rules,
        certificatePolicy: rules,
        authentication: [
            "msiEndpoint", "msiClientId", "msiObjectId", "msiResourceId", "credential",
            "tenantId", "clientId", "clientSecretFile", "tokenFile", "certificateFile",
            "sendCertificateChain",
        ],
        logging: ["logger", "endpoint", "format", "servicename"],
        cloud: ["vaultSuffix", "audience", "authorityHost", "caBundle"],
        hooks: ["directory", "runner", "properties", "timeout", "onFailure", "coalesce"],
        coalesce: ["window", "limit"],
        history: ["keepVersions", "keepDays"],
        metrics: ["textfile"],
    ]

    private static let rules = PolicyRule.allCases.map(\.rawValue) + ["drift"]

    /// What looks like a rule of the policy and is not left to it.
    private static let beyondPolicy: Set = [
        "keyMismatch", "keyMissing", "missingKey", "noPrivateKey",
    ]

    /// What would hold a secret, which never stands in the settings.
    private static let secretKeys: Set = ["clientSecret", "secret", "password", "clientPassword"]

    /// Keys of the extension that are accepted and do nothing here, with the reason.
    static let withoutEffect: [Place: [String: String]] = [
        secrets: [
            "certificateStoreName": "names a Windows store",
            "linkOnRenewal": "links are always moved on renewal",
            "aclEnabled": "acls are applied where they are given",
        ],
        certificate: [
            "certificateStoreName": "names a Windows store",
            "keyExportable": "is for Windows",
            "accounts": "is for Windows; use owner, group, mode or acls",
        ],
    ]

    /// Why `key` isn't valid at `place`, and the nearest place or name that is.
    static func explain(_ key: String, at place: Place) -> String {
        if [policy, certificatePolicy].contains(place), beyondPolicy.contains(key) {
            return
                "is no matter of policy: a version without the key of its certificate is always rejected"
        }
        if place == authentication, secretKeys.contains(key) {
            return
                "a secret has no place in the settings: write it into a file, mode 0600, and name that as clientSecretFile"
        }
        let here = (keys[place] ?? []) + (withoutEffect[place].map { Array($0.keys) } ?? [])
        if let same = here.first(where: { $0.lowercased() == key.lowercased() }) {
            return "unknown key; write it \"\(same)\""
        }
        let elsewhere = keys.filter { $0.key != place && $0.value.contains(key) }.map(\.key)
        if let nearest = elsewhere.min(by: { rank($0, from: place) < rank($1, from: place) }) {
            return nearest.isEmpty
                ? "unknown key here; it belongs at the top level, beside \"\(secrets)\""
                : "unknown key here; it belongs in \"\(nearest)\""
        }
        let close = here.map {
            (name: $0, distance: editDistance($0.lowercased(), key.lowercased()))
        }
        .filter { $0.distance <= max(2, key.count / 4) }
        .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        if let close { return "unknown key; did you mean \"\(close.name)\"?" }
        return here.isEmpty
            ? "unknown key; nothing is expected here"
            : "unknown key; valid here: \(here.sorted().joined(separator: ", "))"
    }

    /// Places that share more of their path with where the key was written come first.
    private static func rank(_ candidate: Place, from place: Place) -> (Int, Int, String) {
        let shared = zip(candidate, place).prefix { $0 == $1 }.count
        return (-shared, candidate.count, candidate)
    }

    /// The Levenshtein distance: how many characters to insert, drop or change.
    private static func editDistance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
