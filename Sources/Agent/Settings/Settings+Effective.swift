import AzureIdentity
import Hooks
import KeyVault
import PKI
import Store
import SystemPackage

extension Settings {
    /// All that counts, defaults and what is inherited among it, in the order of the manual.
    package var effective: EffectiveValue {
        let secrets = "secretsManagementSettings"
        return .entries(
            (
                secrets,
                .entries(
                    (
                        "pollingIntervalInS",
                        text(pollingInterval.seconds, "\(secrets).pollingIntervalInS")
                    ),
                    (
                        "certificateStoreLocation",
                        text(storeLocation.string, "\(secrets).certificateStoreLocation")
                    ),
                    (
                        "requireInitialSync",
                        .scalar(.flag(requireInitialSync), origin("\(secrets).requireInitialSync"))
                    ),
                    (
                        "extensionLayout",
                        extensionLayout.map { text($0.rawValue, "\(secrets).extensionLayout") }
                    ),
                    (
                        "observedCertificates",
                        .list(
                            certificates.indices.map {
                                effective(
                                    certificates[$0],
                                    "\(secrets).observedCertificates[\($0)]"
                                )
                            }
                        )
                    )
                )
            ),
            ("authenticationSettings", effectiveAuthentication),
            ("cloud", effectiveCloud),
            ("loggingSettings", effectiveLogging),
            ("hooks", effectiveHooks),
            (
                "history",
                .entries(
                    (
                        "keepVersions",
                        .scalar(.number(keepVersions), origin("history.keepVersions"))
                    ),
                    ("keepDays", .scalar(.number(keepDays), origin("history.keepDays")))
                )
            ),
            (
                "metrics",
                metricsFile.map {
                    .entries(("textfile", text($0.string, "metrics.textfile")))
                }
            ),
            ("policy", effective(policy, "policy")),
            ("stateDirectory", text(stateDirectory.string, "stateDirectory"))
        )
    }

    private func effective(
        _ certificate: ObservedCertificate,
        _ path: String
    ) -> EffectiveValue {
        let secrets = "secretsManagementSettings"
        // An entry that is a string has its place itself, and no key.
        let urlOrigin = origins.lines["\(path).url"] ?? origins.lines[path]
        let identity: [(String, EffectiveValue?)] = [
            (
                "url",
                .scalar(.text("\(certificate.url)"), urlOrigin.map { .line($0) } ?? .standard)
            ),
            ("name", text(certificate.name, "\(path).name")),
            (
                "certificateStoreLocation",
                text(
                    (certificate.extensionPlace?.location ?? certificate.storeLocation).string,
                    "\(path).certificateStoreLocation",
                    otherwise: "\(secrets).certificateStoreLocation"
                )
            ),
        ]
        let rest: [(String, EffectiveValue?)] = [
            (
                "customSymbolicLinkName",
                certificate.linkName.map { text($0, "\(path).customSymbolicLinkName") }
            ),
            (
                "authenticationOverride",
                origins.lines["\(path).authenticationOverride"] == nil
                    ? nil
                    : effectiveOverride(certificate.credential, "\(path).authenticationOverride")
            ),
            (
                "pollingIntervalInS",
                text(
                    certificate.pollingInterval.seconds,
                    "\(path).pollingIntervalInS",
                    otherwise: "\(secrets).pollingIntervalInS"
                )
            ),
            (
                "hooks",
                .elements(
                    certificate.hooks.enumerated().map {
                        effective($0.element, "\(path).hooks[\($0.offset)]")
                    }
                )
            ),
            ("verify", effectiveVerifications(certificate, "\(path).verify")),
            ("formats", effectiveFormats(certificate, "\(path).formats")),
            ("pkcs12", effectivePKCS12(certificate, "\(path).pkcs12")),
            ("targets", effectiveTargets(certificate, "\(path).targets")),
            ("policy", effectivePolicy(of: certificate, "\(path).policy")),
        ]
        return .entries(identity + effectiveAccess(certificate.access, path) + rest)
    }

    private func effective(_ hook: Hook, _ path: String) -> EffectiveValue {
        .entries(
            ("phase", text(hook.phase.rawValue, "\(path).phase")),
            ("run", .list(hook.command.map { text($0, "\(path).run") })),
            (
                "timeout",
                text(hook.timeout.text, "\(path).timeout", otherwise: "hooks.timeout")
            ),
            ("user", hook.user.map { text($0, "\(path).user") }),
            ("retries", .scalar(.number(hook.retries), origin("\(path).retries")))
        )
    }

    private func effectiveVerifications(
        _ certificate: ObservedCertificate,
        _ path: String
    ) -> EffectiveValue? {
        func one(_ verification: Verification, _ path: String) -> EffectiveValue {
            .entries(
                ("connect", text("\(verification.endpoint)", "\(path).connect")),
                ("serverName", verification.serverName.map { text($0, "\(path).serverName") }),
                ("startTLS", verification.startTLS.map { text($0.rawValue, "\(path).startTLS") }),
                ("timeout", text(verification.timeout.text, "\(path).timeout"))
            )
        }
        let verifications = certificate.verifications
        if let first = verifications.first, origins.lines["\(path).connect"] != nil {
            return one(first, path)
        }
        return .elements(
            verifications.enumerated().map { one($0.element, "\(path)[\($0.offset)]") }
        )
    }

    private var effectiveCloud: EffectiveValue {
        guard Cloud.named(cloud.name) == nil else { return text(cloud.name, "cloud") }
        return .entries(
            ("vaultSuffix", text(cloud.vaultSuffix, "cloud.vaultSuffix")),
            ("audience", text(cloud.audience, "cloud.audience")),
            ("authorityHost", text(cloud.authorityHost, "cloud.authorityHost")),
            ("caBundle", cloud.caBundle.map { text($0, "cloud.caBundle") })
        )
    }

    private var effectiveLogging: EffectiveValue {
        let format = logging.isJSON ? "json" : "text"
        let path = "loggingSettings"
        switch logging.destination {
        case .automatic: return .entries(("format", text(format, "\(path).format")))
        case .journal: return .entries(("logger", text("journald", "\(path).logger")))
        case .standardError:
            return .entries(
                ("logger", text("stderr", "\(path).logger")),
                ("format", text(format, "\(path).format"))
            )
        case .fluentd(let endpoint, let tag):
            return .entries(
                ("logger", text("fluentd", "\(path).logger")),
                ("endpoint", text("\(endpoint)", "\(path).endpoint")),
                ("format", text("forward", "\(path).format")),
                ("servicename", text(tag, "\(path).servicename"))
            )
        }
    }

    private var effectiveHooks: EffectiveValue {
        .entries(
            ("directory", text(hooks.directory.string, "hooks.directory")),
            ("runner", text(hooks.runner.rawValue, "hooks.runner")),
            (
                "properties",
                hooks.properties.isEmpty
                    ? nil
                    : .map(
                        hooks.properties.sorted { $0.key < $1.key }.map {
                            EffectiveValue.Entry(
                                key: $0.key,
                                value: text($0.value, "hooks.properties")
                            )
                        }
                    )
            ),
            ("timeout", text(hooks.timeout.text, "hooks.timeout")),
            ("onFailure", text(hooks.onFailure.rawValue, "hooks.onFailure")),
            (
                "coalesce",
                hooks.coalesce.map {
                    .entries(
                        ("window", text($0.window.text, "hooks.coalesce.window")),
                        ("limit", text($0.limit.text, "hooks.coalesce.limit"))
                    )
                }
            )
        )
    }

    func origin(_ path: String, otherwise other: String? = nil) -> SettingOrigin {
        if let line = origins.lines[path] { return .line(line) }
        return other.map { .inherited(from: $0) } ?? .standard
    }

    func text(
        _ text: String,
        _ path: String,
        otherwise other: String? = nil
    ) -> EffectiveValue {
        .scalar(.text(text), origin(path, otherwise: other))
    }
}

extension EffectiveValue {
    /// A map of what there is.
    static func entries(_ entries: (String, EffectiveValue?)...) -> EffectiveValue {
        self.entries(entries)
    }

    static func entries(_ entries: [(String, EffectiveValue?)]) -> EffectiveValue {
        .map(entries.compactMap { key, value in value.map { Entry(key: key, value: $0) } })
    }

    /// A list; nil for an empty one.
    static func elements(_ elements: [EffectiveValue]) -> EffectiveValue? {
        elements.isEmpty ? nil : .list(elements)
    }
}

extension Duration {
    /// Whole seconds, as `pollingIntervalInS` has them.
    fileprivate var seconds: String { "\(components.seconds)" }

    /// As the settings have it: `90s`, `5m`, `1h`.
    fileprivate var text: String {
        let seconds = components.seconds
        if seconds % 3600 == 0 { return "\(seconds / 3600)h" }
        return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s"
    }
}
