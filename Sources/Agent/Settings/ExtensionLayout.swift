import KeyVault
import Store
import SystemPackage

/// How Microsoft's extension lays certificates out on Linux, for software that was set up for it.
///
/// The agent's own directories lie elsewhere then: what the extension has as a file or a link in the
/// store location is a link through `current`, or is renewed with it.
package enum ExtensionLayout: String, Sendable, Hashable, CaseIterable {
    /// Versions 1 to 3: `<vault>.<certificate>`, one PEM file with chain and key.
    case v3
    /// Version 4: `<vault>.<certificate>.pem` without the key, `.keyid` with it, and `.luma`, which
    /// is written last and is the one to watch.
    case v4

    /// Where the extension keeps certificates unless it is told otherwise.
    package static let location = FilePath("/var/lib/waagent/Microsoft.Azure.KeyVault.Store")

    /// What of the versions' files is to be found under the extension's names, in the order in which
    /// it is put there.
    func targets(_ name: String, in location: FilePath) -> [Target] {
        switch self {
        case .v3: [Target(path: location.appending(name), file: "bundle.pem", kind: .link)]
        case .v4:
            [
                Target(
                    path: location.appending("\(name).pem"),
                    file: FileFormat.certificatesFile,
                    kind: .link
                ),
                Target(
                    path: location.appending("\(name).keyid"),
                    file: "privkey.pem",
                    kind: .link
                ),
                Target(
                    path: location.appending("\(name).luma"),
                    file: FileFormat.versionFile,
                    kind: .copy(FileAccess(mode: 0o644))
                ),
            ]
        }
    }
}

/// An entry's place in the layout of the extension.
package struct ExtensionPlace: Sendable, Hashable {
    package var layout: ExtensionLayout

    /// The entry's `certificateStoreLocation`.
    package var location: FilePath
}

extension ObservedCertificate {
    /// The extension's own name of the certificate.
    var extensionName: String { "\(url.vault).\(url.name)" }

    /// Where `current` and `versions` lie.
    var ownDirectory: FilePath { storeLocation.appending(name) }

    /// Where `customSymbolicLinkName` puts its link.
    var linkPath: FilePath? {
        linkName.map { (extensionPlace?.location ?? storeLocation).appending($0) }
    }

    /// Everything outside of the certificate's directory that is to lead to, or hold, a file of the
    /// live version, in the order in which it is put there.
    var allTargets: [Target] {
        let link = linkPath.map { Target(path: $0, file: "bundle.pem", kind: .link) }
        return targets + (link.map { [$0] } ?? []) + layoutTargets
    }

    /// The formats of `formats` and those that the extension's layout takes.
    var allFormats: Set<FileFormat> {
        extensionPlace?.layout == .v4 ? formats.union([.extensionV4]) : formats
    }

    private var layoutTargets: [Target] {
        guard let extensionPlace else { return [] }
        return extensionPlace.layout.targets(extensionName, in: extensionPlace.location)
    }
}
