import AzureIdentity
import Hooks
import KeyVault
import Store
import SystemPackage

/// What the operator wants: which certificates, from where, to where, and what happens on a change.
package struct Settings: Sendable {
    /// The certificates to keep current, in the order of the file, names unique.
    package var certificates: [ObservedCertificate]

    /// The identity of every certificate that has none of its own.
    package var credential: Credential

    /// The time between two polls of a certificate that sets none of its own.
    package var pollingInterval: Duration

    /// Where the certificates of entries without a location of their own lie.
    package var storeLocation: FilePath

    /// Which version of the extension the files are to lie like; nil for the agent's own layout.
    package var extensionLayout: ExtensionLayout?

    /// Whether the agent is ready only after every certificate was installed once.
    package var requireInitialSync: Bool

    /// What new versions are examined for, where a certificate says nothing else.
    package var policy: Policy

    package var cloud: Cloud
    package var hooks: HookSettings
    package var logging: LoggingSettings

    /// How many versions of a certificate stay on disk beside those that are never pruned.
    package var keepVersions: Int

    /// How many days the history keeps what nothing depends on any more.
    package var keepDays: Int

    /// Where node_exporter looks for metrics; nil writes none.
    package var metricsFile: FilePath?

    /// Where history and locks live.
    package var stateDirectory: FilePath

    /// What is accepted for the extension's sake but has no effect here; said once.
    package var notes: [SettingsProblem]

    /// Where each setting stands, so that a later failure can name file, line and key.
    package var origins: SettingsOrigins
}

/// One entry of `observedCertificates`.
package struct ObservedCertificate: Sendable {
    /// The local name: directory, rows and commands use it.
    package var name: String
    package var url: SecretURL

    /// `certificateStoreLocation`: the directory that holds `<name>/current`.
    package var storeLocation: FilePath
    package var access: FileAccess

    /// `customSymbolicLinkName`: a link in the store location to the combined PEM.
    package var linkName: String?
    package var credential: Credential
    package var pollingInterval: Duration

    /// The entry's own hooks, beside those that lie in the directory.
    package var hooks: [Hook]

    /// Where the live certificate must be served after the reload.
    package var verifications: [Verification]

    /// The forms of its files beside PEM, which is always written.
    package var formats: Set<FileFormat> = []
    package var pkcs12 = PKCS12Settings()

    /// What a new version is examined for before it goes live.
    package var policy: Policy

    /// `targets`: further places of files of the live version.
    package var targets: [Target] = []

    /// Where the extension would have it, when its layout is asked for.
    package var extensionPlace: ExtensionPlace?
}

/// Where hooks lie and what their failure means.
package struct HookSettings: Sendable, Hashable {
    package var directory: FilePath
    package var timeout: Duration
    package var onFailure: FailurePolicy
    package var runner: RunnerKind

    /// Properties of the transient units that hooks run in, by systemd's names.
    package var properties: [String: String]

    /// How long the daemon waits for further changes before it deploys one; nil is not at all.
    package var coalesce: Coalescing?
}

/// What happens to a new version when one of its hooks fails after the switch.
package enum FailurePolicy: String, Sendable, CaseIterable {
    /// The version before comes back.
    case rollback
    /// The new version stays, the failure is recorded.
    case keep
    /// The new version stays and the hook is owed: it runs again at each pass until it succeeds.
    case retry
}

/// The line of each setting that something outside of the file can prove wrong.
package struct SettingsOrigins: Sendable {
    package var file: String
    package var lines: [String: Int]

    /// A problem found later, in the words of the settings.
    package func problem(_ key: String, _ message: String) -> SettingsProblem {
        SettingsProblem(file: file, line: lines[key] ?? 1, key: key, message: message)
    }
}
