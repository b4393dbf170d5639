import History
import Store
import SystemPackage

/// What is on disk of a certificate, or of a place of one, that the settings no longer name.
struct Orphan: Sendable {
    var certificate: String

    /// The directory that holds the certificate's own; nil where only targets are left.
    var location: FilePath?

    /// The versions that lie there.
    var versions: [String] = []

    /// The one of them that is live.
    var current: String?

    /// The links and copies outside of it that no entry names.
    var targets: [TargetRecord] = []

    /// What keeps the directory from being looked at.
    var problem: StoreError?

    /// Whether anything of the store's lies in the directory.
    var hasVersions: Bool { !versions.isEmpty || current != nil }

    var directory: FilePath? { location?.appending(certificate) }
}
