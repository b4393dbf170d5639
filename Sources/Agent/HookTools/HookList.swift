import Foundation
import Hooks
import SystemPackage

/// The hooks of this machine: those that run, those that are passed over, those that could be
/// turned on.
package struct HookList: Sendable, Encodable {
    package enum Source: String, Sendable, Encodable {
        /// A file of the site's own in the directory of hooks.
        case directory
        /// An entry of `observedCertificates[].hooks`.
        case settings
        /// One that comes with kvagent.
        case shipped
    }

    package struct Entry: Sendable, Encodable {
        /// As the history calls it; of a shipped hook that isn't turned on, its file's name.
        package let name: String
        /// Nil where the file doesn't say or is passed over.
        @OrNull package var phase: String?
        /// The certificates that it runs for.
        package let certificates: [String]
        /// Whether it is for every certificate, those that come later too.
        package let isGlobal: Bool
        /// The file, or of one of the settings its program.
        package let path: String
        package let command: [String]
        package let source: Source
        package let enabled: Bool
        /// Why it won't run.
        package let warnings: [String]

        private enum CodingKeys: String, CodingKey {
            case name, phase, certificates, path, command, source, enabled, warnings
        }
    }

    package let entries: [Entry]

    /// - Parameters:
    ///   - settings: The settings, for the directory and the entries of their own.
    ///   - shipped: The directory of the hooks that come with kvagent.
    package init(_ settings: Settings, shipped: FilePath = ShippedHook.directory) {
        let catalog = settings.hookCatalog()
        let names = settings.certificates.map(\.name)
        var turnedOn: Set<String> = []
        var entries = catalog.hooks.map { hook in
            let path = hook.command.first ?? ""
            let shippedName = FilePath(path).shippedName(in: shipped)
            let isFromSettings = hook.name.hasPrefix("settings:")
            if let shippedName, !isFromSettings { turnedOn.insert(shippedName) }
            return Entry(
                name: hook.name,
                phase: hook.phase.rawValue,
                certificates: hook.certificate.map { [$0] } ?? names,
                isGlobal: hook.certificate == nil,
                path: path,
                command: hook.command,
                source: isFromSettings ? .settings : shippedName == nil ? .directory : .shipped,
                enabled: true,
                warnings: []
            )
        }
        entries += catalog.warnings.map { warning in
            Entry(
                name: FilePath(warning.path).name(below: settings.hooks.directory),
                phase: nil,
                certificates: [],
                isGlobal: false,
                path: warning.path,
                command: [],
                source: .directory,
                enabled: false,
                warnings: [warning.reason]
            )
        }
        entries += ShippedHook.all(in: shipped).filter { !turnedOn.contains($0.name) }.map { hook in
            Entry(
                name: hook.name,
                phase: hook.phase?.rawValue,
                certificates: [],
                isGlobal: false,
                path: hook.path.string,
                command: [hook.path.string],
                source: .shipped,
                enabled: false,
                warnings: []
            )
        }
        self.entries = entries
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(entries)
    }
}

extension Settings {
    /// The hooks as they lie there now, the settings' own among them.
    func hookCatalog() -> HookCatalog {
        let found = HookCatalog.discover(
            in: hooks.directory,
            timeout: hooks.timeout,
            certificates: Set(certificates.map(\.name))
        )
        return HookCatalog(
            hooks: found.hooks + certificates.flatMap(\.hooks),
            warnings: found.warnings
        )
    }
}

extension FilePath {
    /// The name of the shipped hook that a path leads to; nil when it leads elsewhere.
    func shippedName(in directory: FilePath) -> String? {
        let target = resolved
        guard target.removingLastComponent() == directory.resolved else { return nil }
        return target.lastComponent?.string
    }

    /// The path without that of the directory above it.
    func name(below directory: FilePath) -> String {
        var rest = self
        guard rest.removePrefix(directory), !rest.isEmpty else { return string }
        return rest.string
    }

    /// Where its symlinks lead, as far as there is anything.
    private var resolved: FilePath {
        FilePath(URL(filePath: string).resolvingSymlinksInPath().path)
    }
}
