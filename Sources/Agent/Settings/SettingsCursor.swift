import Yams

/// A node of the settings together with where it stands.
struct SettingsCursor {
    let node: Node

    /// The path that the operator sees, as `…observedCertificates[0].url`.
    let path: String

    /// The path that ``SettingsVocabulary`` knows, as `…observedCertificates[].url`.
    let place: SettingsVocabulary.Place

    /// The line of the key, which is where a person looks; a node without one has its parent's.
    let line: Int

    func child(_ key: String, _ node: Node, keyLine: Int?) -> SettingsCursor {
        SettingsCursor(
            node: node,
            path: path.isEmpty ? key : "\(path).\(key)",
            place: place.isEmpty ? key : "\(place).\(key)",
            line: keyLine ?? node.mark?.line ?? line
        )
    }

    func element(_ index: Int, _ node: Node) -> SettingsCursor {
        SettingsCursor(
            node: node,
            path: "\(path)[\(index)]",
            place: "\(place)[]",
            line: node.mark?.line ?? line
        )
    }

    /// A null, or nothing at all after the colon.
    var isNull: Bool {
        node.null != nil || node.scalar.map { $0.string.isEmpty && $0.style == .plain } == true
    }

    /// A text without a character in it, in quotes: without them it is a null.
    var isEmptyText: Bool { !isNull && node.scalar?.string.isEmpty == true }

    /// What was found there, for "expected …, found …".
    var kind: String {
        switch node {
        case .mapping: "a map"
        case .sequence: "a list"
        case .scalar(let scalar): isNull ? "nothing" : "\"\(scalar.string.prefix(60))\""
        case .alias: "an alias"
        }
    }
}
