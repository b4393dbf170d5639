import Store
import SystemPackage
import Yams

extension SettingsReader {
    /// `targets` of a certificate.
    ///
    /// - Parameters:
    ///   - cursor: The list.
    ///   - files: The names of the files that a version of it has.
    /// - Returns: Those without a fault.
    mutating func targets(_ cursor: SettingsCursor?, files: [String]) -> [Target] {
        elements(cursor).compactMap { entry in
            let fields = fields(entry)
            guard let path = directory(fields["path"]) else {
                if fields["path"] == nil, entry.node.mapping != nil {
                    fail(entry, "needs path: the absolute path of the file to be")
                }
                return nil
            }
            let isCopy = boolean(fields["copy"]) ?? false
            let access = access(fields)
            if !isCopy,
                let key = ["owner", "group", "mode", "acls"].first(where: { fields[$0] != nil })
            {
                fail(
                    fields[key] ?? entry,
                    "is for a copy: a link has the access of the file that it leads to; set copy: true, or \(key) of the certificate"
                )
            }
            return Target(
                path: path,
                file: file(fields["file"], among: files) ?? "bundle.pem",
                kind: isCopy ? .copy(access) : .link
            )
        }
    }

    private mutating func file(_ cursor: SettingsCursor?, among files: [String]) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        guard files.contains(text) else {
            fail(
                cursor,
                "no file \"\(text)\" is made; there are \(files.joined(separator: ", ")), and more with other formats"
            )
            return nil
        }
        return text
    }

    /// `extensionLayout`: the extension's version, as `v3`, `3` or `3.5`.
    mutating func extensionLayout(_ cursor: SettingsCursor?) -> ExtensionLayout? {
        guard let text = string(cursor), let cursor else { return nil }
        let version = text.hasPrefix("v") ? text.dropFirst() : text[...]
        switch version.prefix(while: { $0 != "." }) {
        case "1", "2", "3": return .v3
        case "4": return .v4
        default:
            fail(cursor, "expected v1, v2, v3 or v4, found \(cursor.kind)")
            return nil
        }
    }

    /// Tells of targets that lie where another target or a certificate does.
    mutating func refuseTakenTargets(
        of certificate: ObservedCertificate,
        _ cursor: SettingsCursor,
        taken: inout [String: SettingsCursor]
    ) {
        for path in certificate.allTargets.map(\.path) where path != certificate.linkPath {
            if let other = taken[path.string] {
                fail(
                    cursor,
                    "the target \(path) is taken by \(other.path) in line \(other.line); give it another path"
                )
            }
            taken[path.string] = cursor
        }
    }
}
