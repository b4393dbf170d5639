import Yams

/// A node of the settings together with where it stands.
///
/// Shared and not copied: what it holds are half a dozen references, and it is handed about a lot.
final class SettingsCursor {
    let node: Node

    /// Its text; nil for what has none, as a map.
    let text: String?

    /// A null, or nothing at all after the colon.
    let isNull: Bool

    /// The path that the operator sees, as `…observedCertificates[0].url`.
    let path: String

    /// The place of what has the node in it, and the key that the node has there.
    private let outerPlace: SettingsVocabulary.Place
    private let key: String?

    /// The path that ``SettingsVocabulary`` knows, as `…observedCertificates[].url`.
    ///
    /// It is put together when it is asked for: most nodes are texts, of which nobody asks it.
    var place: SettingsVocabulary.Place {
        guard let key else { return outerPlace }
        return outerPlace.isEmpty ? key : "\(outerPlace).\(key)"
    }

    /// The line of the key, which is where a person looks; a node without one has its parent's.
    let line: Int

    private init(
        node: Node,
        path: String,
        outerPlace: SettingsVocabulary.Place,
        key: String?,
        line: Int
    ) {
        self.node = node
        if let scalar = node.scalar {
            text = scalar.string
            // No spelling of a null is longer than the word.
            isNull =
                scalar.string.isEmpty && scalar.style == .plain
                || scalar.string.utf8.count <= 4 && node.null != nil
        } else {
            text = nil
            isNull = false
        }
        self.path = path
        self.outerPlace = outerPlace
        self.key = key
        self.line = line
    }

    convenience init(node: Node, path: String, place: SettingsVocabulary.Place, line: Int) {
        self.init(node: node, path: path, outerPlace: place, key: nil, line: line)
    }

    /// The values of a map, each with its key, in the place `place` of the map.
    func child(
        _ key: String,
        _ node: Node,
        keyLine: Int?,
        in place: SettingsVocabulary.Place
    ) -> SettingsCursor {
        SettingsCursor(
            node: node,
            path: path.isEmpty ? key : "\(path).\(key)",
            outerPlace: place,
            key: key,
            line: keyLine ?? node.mark?.line ?? line
        )
    }

    func child(_ key: String, _ node: Node, keyLine: Int?) -> SettingsCursor {
        child(key, node, keyLine: keyLine, in: place)
    }

    /// The elements of a list.
    func elements(_ sequence: Node.Sequence) -> [SettingsCursor] {
        let place = "\(place)[]"
        return sequence.enumerated().map { element($0.offset, $0.element, in: place) }
    }

    func element(_ index: Int, _ node: Node) -> SettingsCursor {
        element(index, node, in: "\(place)[]")
    }

    private func element(
        _ index: Int,
        _ node: Node,
        in place: SettingsVocabulary.Place
    ) -> SettingsCursor {
        SettingsCursor(
            node: node,
            path: "\(path)[\(index)]",
            place: place,
            line: node.mark?.line ?? line
        )
    }

    /// A text without a character in it, in quotes: without them it is a null.
    var isEmptyText: Bool { !isNull && text?.isEmpty == true }

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
