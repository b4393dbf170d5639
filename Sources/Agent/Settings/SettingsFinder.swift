import Yams

/// Finds the extension's settings wherever a file of Azure's has them: an ARM template, what
/// `bicep build` or `terraform show -json` prints, a VM's `N.settings`.
struct SettingsFinder {
    /// A template of a thousand machines has a settings object for each.
    private static let most = 20

    private static let deepest = 40

    private(set) var found: [SettingsCursor] = []

    init(_ root: SettingsCursor) {
        search(root, depth: 0)
    }

    private mutating func search(_ cursor: SettingsCursor, depth: Int) {
        guard depth < Self.deepest, found.count < Self.most else { return }
        switch cursor.node {
        case .mapping(let mapping):
            if mapping["secretsManagementSettings"]?.mapping != nil {
                found.append(cursor)
                return
            }
            for (key, value) in mapping {
                guard let name = key.scalar?.string else { continue }
                search(cursor.child(name, value, keyLine: key.mark?.line), depth: depth + 1)
            }
        case .sequence(let sequence):
            for element in cursor.elements(sequence) { search(element, depth: depth + 1) }
        case .scalar(let scalar):
            guard scalar.string.first == "{", scalar.string.contains("secretsManagementSettings"),
                let inner = try? Yams.compose(yaml: scalar.string, .basic)
            else { return }
            search(
                SettingsCursor(
                    node: inner,
                    path: cursor.path,
                    place: cursor.place,
                    line: cursor.line
                ),
                depth: depth + 1
            )
        case .alias: return
        }
    }
}

extension Settings {
    /// Reads the one settings object that a file of Azure's has somewhere in it, or of several the
    /// one of that number, counted from 1.
    ///
    /// - Throws: ``SettingsError``: nothing is found, several are and none was chosen, or what is
    ///   found is wrong.
    package static func find(
        in file: String,
        number: Int?
    ) throws(SettingsError) -> Settings {
        func refuse(_ message: String) -> SettingsError {
            SettingsError([SettingsProblem(file: file, line: 1, key: "", message: message)])
        }
        guard let root = try compose(text(of: file), file: file) else { throw refuse("is empty") }
        let outer = SettingsCursor(node: root, path: "", place: SettingsVocabulary.top, line: 1)
        let found = SettingsFinder(outer).found
        guard !found.isEmpty else {
            throw refuse(
                "has no \"secretsManagementSettings\" anywhere; give the extension's settings, or a template or state that has them"
            )
        }
        guard found.count == 1 || number != nil else {
            let places = found.enumerated().map {
                "\($0.offset + 1): line \($0.element.line), \($0.element.path)"
            }
            throw refuse(
                "has several settings; choose one with --number (\(places.joined(separator: "; ")))"
            )
        }
        let index = (number ?? 1) - 1
        guard found.indices.contains(index) else {
            throw refuse("has \(found.count) settings, and no number \(index + 1)")
        }
        var reader = SettingsReader(file: file)
        return try reader.wholeSettings(
            SettingsCursor(
                node: found[index].node,
                path: "",
                place: SettingsVocabulary.top,
                line: found[index].line
            )
        )
    }
}
