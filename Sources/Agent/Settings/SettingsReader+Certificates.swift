import AzureIdentity
import Hooks
import KeyVault
import Store
import SystemPackage
import Yams

/// What an entry of `observedCertificates` takes from around it.
struct CertificateDefaults {
    let cloud: Cloud
    let credential: Credential
    let pollingInterval: Duration
    let storeLocation: FilePath

    /// The extension's layout, where it is asked for, and the location that all share.
    let extensionPlace: ExtensionPlace?
    let hookTimeout: Duration
    let policy: Policy
}

extension SettingsReader {
    /// `observedCertificates`: strings as versions 1 and 2 of the extension have them, or maps.
    mutating func certificates(
        _ cursor: SettingsCursor?,
        in parent: SettingsCursor,
        defaults: CertificateDefaults
    ) -> [ObservedCertificate] {
        let entries = elements(cursor)
        // What is no list at all has been told so.
        let isAbsent = cursor.map { $0.isNull || $0.node.sequence != nil } ?? true
        if entries.isEmpty, isAbsent {
            fail(
                cursor
                    ?? parent.child("observedCertificates", parent.node, keyLine: parent.line),
                "is empty; list at least one https://VAULT.\(defaults.cloud.vaultSuffix)/secrets/NAME"
            )
        }
        var certificates: [ObservedCertificate] = []
        certificates.reserveCapacity(entries.count)
        // Which entry has each path, and which certificate each name.
        var taken: [String: SettingsCursor] = [:]
        taken.reserveCapacity(entries.count)
        var byName: [String: Int] = [:]
        byName.reserveCapacity(entries.count)
        for entry in entries {
            guard let certificate = certificate(entry, defaults: defaults) else { continue }
            // Names become directories and links beside each other, so they share one space.
            let linkPath = certificate.linkPath
            for path in [certificate.ownDirectory, linkPath].compactMap(\.self) {
                let key = path.string
                if let other = taken[key] {
                    fail(
                        entry,
                        "the name \"\(path.lastComponent?.string ?? "")\" is taken by \(other.path) in line \(other.line); give this one a \"name\" of its own"
                    )
                }
                taken[key] = entry
            }
            // Rows of the history are told apart by the name alone, wherever the files lie.
            if let other = byName[certificate.name].map({ certificates[$0] }) {
                if other.storeLocation != certificate.storeLocation {
                    fail(
                        entry,
                        "the name \"\(certificate.name)\" is taken by \(other.url); give this one a \"name\" of its own"
                    )
                }
            } else {
                byName[certificate.name] = certificates.endIndex
            }
            refuseTakenTargets(of: certificate, entry, taken: &taken)
            certificates.append(certificate)
        }
        return certificates
    }

    private mutating func certificate(
        _ cursor: SettingsCursor,
        defaults: CertificateDefaults
    ) -> ObservedCertificate? {
        if cursor.text != nil {
            guard let url = url(cursor, in: defaults.cloud) else { return nil }
            keepLine(of: cursor)
            return ObservedCertificate(
                name: "\(url.vault).\(url.name)",
                url: url,
                storeLocation: defaults.storeLocation,
                access: FileAccess(),
                linkName: nil,
                credential: defaults.credential,
                pollingInterval: defaults.pollingInterval,
                hooks: [],
                verifications: [],
                policy: defaults.policy,
                extensionPlace: defaults.extensionPlace
            )
        }
        let fields = fields(cursor)
        guard let url = url(fields["url"], in: defaults.cloud) else {
            if fields["url"] == nil, cursor.node.mapping != nil {
                fail(cursor, "needs url: https://VAULT.\(defaults.cloud.vaultSuffix)/secrets/NAME")
            }
            return nil
        }
        let name = fileName(fields["name"]) ?? "\(url.vault).\(url.name)"
        let location = storeLocation(fields["certificateStoreLocation"])
        // In the extension's layout the location has its links, and ours lies elsewhere.
        let extensionPlace = defaults.extensionPlace.map {
            ExtensionPlace(layout: $0.layout, location: location ?? $0.location)
        }
        let formats = formats(fields["formats"], of: name)
        return ObservedCertificate(
            name: name,
            url: url,
            storeLocation: extensionPlace == nil
                ? location ?? defaults.storeLocation : defaults.storeLocation,
            access: access(fields),
            linkName: fileName(fields["customSymbolicLinkName"]),
            credential: override(fields["authenticationOverride"], of: defaults.credential),
            pollingInterval: pollingInterval(fields["pollingIntervalInS"])
                ?? defaults.pollingInterval,
            hooks: hooks(fields["hooks"], of: name, timeout: defaults.hookTimeout),
            verifications: verifications(fields["verify"]),
            formats: formats,
            pkcs12: pkcs12(fields["pkcs12"], formats: fields["formats"]),
            policy: policy(fields["policy"], otherwise: defaults.policy),
            targets: targets(
                fields["targets"],
                files: FileFormat.pemFiles + formats.flatMap { $0.fileNames(of: name) }.sorted()
            ),
            extensionPlace: extensionPlace
        )
    }

    private mutating func url(_ cursor: SettingsCursor?, in cloud: Cloud) -> SecretURL? {
        guard let text = string(cursor), let cursor else { return nil }
        do {
            return try SecretURL(text, in: cloud)
        } catch {
            fail(
                cursor,
                [error.description, error.hint].compactMap(\.self).joined(separator: "; ")
            )
            return nil
        }
    }

    /// A name that becomes a file's, beside the store's own: letters, digits, dot, hyphen,
    /// underscore; no leading dot.
    private mutating func fileName(_ cursor: SettingsCursor?) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        guard CertificateStore.isValidName(text) else {
            fail(
                cursor,
                "becomes a file name: use letters, digits, \".\", \"-\" and \"_\", no leading dot, at most 200 characters, and not README"
            )
            return nil
        }
        return text
    }

    /// Owner, group, mode and ACL of an entry or of a copy.
    mutating func access(_ fields: SettingsFields) -> FileAccess {
        var access = FileAccess()
        access.owner = string(fields["owner"])
        access.group = string(fields["group"])
        if let text = string(fields["mode"]), let place = fields["mode"] {
            if let mode = UInt16(text, radix: 8), text.count <= 4, mode & 0o7000 == 0 {
                access.mode = mode
                if mode & 0o007 != 0 {
                    fail(place, "would open the private key to every user; use 0640 and a group")
                } else if mode & 0o600 != 0o600 || mode & 0o110 != 0 {
                    fail(place, "expected 0600, 0640 or 0660, found \"\(text)\"")
                }
            } else {
                fail(place, "expected an octal mode such as \"0640\", found \"\(text)\"")
            }
        }
        for grant in elements(fields["acls"]) {
            let names = self.fields(grant)
            let user = string(names["user"])
            let group = string(names["group"])
            if user == nil, group == nil {
                fail(grant, "needs a user, a group or both")
            }
            access.acls.append(ReadGrant(user: user, group: group))
        }
        return access
    }

    private mutating func hooks(
        _ cursor: SettingsCursor?,
        of certificate: String,
        timeout: Duration
    ) -> [Hook] {
        elements(cursor).enumerated().compactMap { index, entry in
            let fields = fields(entry)
            guard let phaseName = string(fields["phase"]),
                let phase = HookPhase(rawValue: phaseName)
            else {
                let phases = HookPhase.allCases.map(\.rawValue).joined(separator: ", ")
                fail(fields["phase"] ?? entry, "phase must be one of \(phases)")
                return nil
            }
            let command = elements(fields["run"]).compactMap { string($0) }
            guard !command.isEmpty else {
                fail(
                    fields["run"] ?? entry,
                    "run must be a list of the command and its arguments, e.g. [systemctl, reload, nginx.service]"
                )
                return nil
            }
            return Hook(
                name: "settings:\(phase.rawValue)[\(index)]",
                phase: phase,
                command: command,
                timeout: duration(fields["timeout"]) ?? timeout,
                certificate: certificate,
                user: string(fields["user"]),
                retries: integer(fields["retries"], in: 0...10) ?? 0
            )
        }
    }
}
