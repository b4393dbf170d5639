import AzureIdentity
import Hooks
import KeyVault
import SystemPackage
import Yams

extension SettingsReader {
    /// The whole file as settings.
    ///
    /// - Throws: ``SettingsError`` with every problem that was met.
    mutating func wholeSettings(_ cursor: SettingsCursor) throws(SettingsError) -> Settings {
        let settings = settings(cursor)
        guard problems.isEmpty, let settings else { throw SettingsError(problems) }
        return settings
    }

    /// The whole file as settings; nil when something that everything else hangs on is missing.
    private mutating func settings(_ cursor: SettingsCursor) -> Settings? {
        let top = fields(cursor)
        let cloud = cloud(top["cloud"])
        let authentication = authentication(top["authenticationSettings"])
        let logging = logging(top["loggingSettings"])
        let hooks = hookSettings(top["hooks"])
        let stateDirectory = directory(top["stateDirectory"]) ?? "/var/lib/kvagent"
        let history = top["history"].map { fields($0) } ?? SettingsFields()
        let keepVersions = integer(history["keepVersions"], in: 1...1000) ?? 5
        let keepDays = integer(history["keepDays"], in: 1...36_500) ?? 730
        let metrics = top["metrics"].map { fields($0) } ?? SettingsFields()
        let metricsFile = metricsFile(metrics["textfile"])

        let policy = policy(top["policy"])

        guard let secretsCursor = top["secretsManagementSettings"] else {
            fail(
                cursor.child("secretsManagementSettings", cursor.node, keyLine: cursor.line),
                "missing; it holds \"observedCertificates\", the certificates to install"
            )
            return nil
        }
        let secrets = fields(secretsCursor)
        let interval = pollingInterval(secrets["pollingIntervalInS"]) ?? .seconds(3600)
        let location = storeLocation(secrets["certificateStoreLocation"])
        let layout = extensionLayout(secrets["extensionLayout"])
        let own = stateDirectory.appending("certs")
        let defaults = CertificateDefaults(
            cloud: cloud,
            credential: authentication,
            pollingInterval: interval,
            storeLocation: layout == nil ? location ?? own : own,
            extensionPlace: layout.map {
                ExtensionPlace(layout: $0, location: location ?? ExtensionLayout.location)
            },
            hookTimeout: hooks.timeout,
            policy: policy
        )
        let requireInitialSync = boolean(secrets["requireInitialSync"]) ?? false
        let certificates = certificates(
            secrets["observedCertificates"],
            in: secretsCursor,
            defaults: defaults
        )

        return Settings(
            certificates: certificates,
            credential: authentication,
            pollingInterval: interval,
            storeLocation: defaults.extensionPlace?.location ?? defaults.storeLocation,
            extensionLayout: layout,
            requireInitialSync: requireInitialSync,
            policy: policy,
            cloud: cloud,
            hooks: hooks,
            logging: logging,
            keepVersions: keepVersions,
            keepDays: keepDays,
            metricsFile: metricsFile,
            stateDirectory: stateDirectory,
            notes: notes,
            origins: SettingsOrigins(file: file, lines: lines)
        )
    }

    /// From one second, as the extension takes, to a week.
    mutating func pollingInterval(_ cursor: SettingsCursor?) -> Duration? {
        integer(cursor, in: 1...604_800).map { .seconds($0) }
    }

    /// An absolute path without `..`; a trailing slash is let go.
    mutating func directory(_ cursor: SettingsCursor?) -> FilePath? {
        guard let text = string(cursor), let cursor else { return nil }
        let path = FilePath(text)
        guard path.isAbsolute, path.isLexicallyNormal else {
            fail(cursor, "expected an absolute path, found \"\(text)\"")
            return nil
        }
        return path
    }

    /// `certificateStoreLocation`; Microsoft's own samples for Linux carry a Windows value.
    mutating func storeLocation(_ cursor: SettingsCursor?) -> FilePath? {
        if let cursor, cursor.text == "LocalMachine" {
            forgetLine(of: cursor)
            note(cursor, "has no effect: \"LocalMachine\" is a Windows store, the default is used")
            return nil
        }
        return directory(cursor)
    }

    /// A file that node_exporter's textfile collector reads: it heeds `*.prom` only.
    private mutating func metricsFile(_ cursor: SettingsCursor?) -> FilePath? {
        guard let cursor, let file = directory(cursor) else { return nil }
        guard file.extension == "prom", file.stem?.hasPrefix(".") == false else {
            fail(cursor, "expected a file that ends in .prom, found \"\(file)\"")
            return nil
        }
        return file
    }

    private mutating func cloud(_ cursor: SettingsCursor?) -> Cloud {
        guard let cursor, !cursor.isNull else { return .publicCloud }
        guard cursor.node.mapping != nil else {
            guard let name = string(cursor) else { return .publicCloud }
            guard let cloud = Cloud.named(name) else {
                fail(
                    cursor,
                    "expected public, china, usGovernment or a map with vaultSuffix, audience and authorityHost, found \"\(name)\""
                )
                return .publicCloud
            }
            return cloud
        }
        let fields = fields(cursor)
        guard let suffix = vaultSuffix(fields["vaultSuffix"]) else {
            if fields["vaultSuffix"] == nil {
                fail(cursor, "needs vaultSuffix, e.g. vault.azure.net")
            }
            return .publicCloud
        }
        let audience = audience(fields["audience"]) ?? "https://\(suffix)"
        let caBundle = directory(fields["caBundle"])
        return Cloud(
            name: "custom",
            vaultSuffix: suffix,
            audience: audience,
            authorityHost: authorityHost(fields["authorityHost"])
                ?? Cloud.publicCloud.authorityHost,
            caBundle: caBundle?.string
        )
    }

    private mutating func hookSettings(_ cursor: SettingsCursor?) -> HookSettings {
        let fields = cursor.map { self.fields($0) } ?? SettingsFields()
        var runner = RunnerKind.auto
        if let text = string(fields["runner"]), let place = fields["runner"] {
            if let kind = RunnerKind(rawValue: text) {
                runner = kind
            } else {
                fail(place, "expected auto, systemd or direct, found \"\(text)\"")
            }
        }
        var onFailure = FailurePolicy.rollback
        if let text = string(fields["onFailure"]), let place = fields["onFailure"] {
            if let policy = FailurePolicy(rawValue: text) {
                onFailure = policy
            } else {
                fail(place, "expected rollback, keep or retry, found \"\(text)\"")
            }
        }
        return HookSettings(
            directory: directory(fields["directory"]) ?? "/etc/kvagent/hooks.d",
            timeout: duration(fields["timeout"]) ?? .seconds(30),
            onFailure: onFailure,
            runner: runner,
            properties: unitProperties(fields["properties"]),
            coalesce: coalescing(fields["coalesce"])
        )
    }

    private mutating func coalescing(_ cursor: SettingsCursor?) -> Coalescing? {
        guard let cursor, !cursor.isNull else { return nil }
        let fields = fields(cursor)
        guard let window = duration(fields["window"]) else {
            if fields["window"] == nil {
                fail(cursor, "needs window, e.g. {window: 10s, limit: 60s}")
            }
            return nil
        }
        let limit = duration(fields["limit"]) ?? max(window, .seconds(60))
        if limit < window, let place = fields["limit"] {
            fail(place, "must not be shorter than window")
        }
        return Coalescing(window: window, limit: limit)
    }

    /// Names and values as systemd-run(1) takes them after `--property=`; which there are is for
    /// systemd to know.
    private mutating func unitProperties(_ cursor: SettingsCursor?) -> [String: String] {
        guard let cursor, !cursor.isNull else { return [:] }
        guard let mapping = cursor.node.mapping else {
            fail(
                cursor,
                "expected a map of properties such as {MemoryMax: 1G}, found \(cursor.kind)"
            )
            return [:]
        }
        var properties: [String: String] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            let child = cursor.child(name, value, keyLine: key.mark?.line)
            let isName = !name.isEmpty && name.allSatisfy { $0.isASCII && $0.isLetter }
            guard isName else {
                fail(child, "expected the name of a property, such as MemoryMax")
                continue
            }
            properties[name] = string(child)
        }
        return properties
    }
}
