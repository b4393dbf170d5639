import Yams

/// The wrappings in which the extension's settings are met: an ARM or Terraform `settings`, a
/// `publicSettings`, a whole `N.settings` file, each also as a string of JSON.
enum SettingsEnvelope {
    /// What an ARM resource has beside `settings`; it concerns Azure, not the agent.
    private static let ofTheResource: Set<String> = [
        "apiVersion", "autoUpgradeMinorVersion", "dependsOn", "enableAutomaticUpgrade",
        "forceUpdateTag", "location", "name", "properties", "protectedSettings",
        "protectedSettingsCertThumbprint", "provisionAfterExtensions", "publisher",
        "suppressFailures", "tags", "type", "typeHandlerVersion",
    ]

    /// Opens wrapping after wrapping until the settings themselves are there.
    static func open(_ root: SettingsCursor, reader: inout SettingsReader) -> SettingsCursor {
        var cursor = root
        // Deeper than runtimeSettings → handlerSettings → publicSettings → string nothing is met;
        // the bound keeps a file that wraps itself a million times from costing anything.
        for _ in 0..<8 {
            guard let inner = inner(of: cursor, reader: &reader) else { return cursor }
            cursor = inner
        }
        return cursor
    }

    private static func inner(
        of cursor: SettingsCursor,
        reader: inout SettingsReader
    ) -> SettingsCursor? {
        if let text = cursor.node.scalar, text.string.first == "{" {
            return decoded(text.string, of: cursor, reader: &reader)
        }
        guard let mapping = cursor.node.mapping, mapping["secretsManagementSettings"] == nil else {
            return nil
        }
        if let list = mapping["runtimeSettings"]?.sequence, let first = list.first {
            refuseSiblings(of: "runtimeSettings", in: cursor, reader: &reader)
            let whole = cursor.child("runtimeSettings", first, keyLine: nil)
            for (index, node) in list.enumerated().dropFirst() {
                reader.fail(
                    whole.element(index, node),
                    "a second element would be left out; put all settings into the first"
                )
            }
            guard let inner = first["handlerSettings"] else { return top(first, line: cursor.line) }
            refuseSiblings(of: "handlerSettings", in: whole.element(0, first), reader: &reader)
            return top(inner, line: cursor.line)
        }
        let wrappers = ["publicSettings", "settings", "properties"]
        guard let wrapper = wrappers.first(where: { mapping[$0] != nil }),
            let node = mapping[wrapper]
        else { return nil }
        refuseSiblings(of: wrapper, in: cursor, reader: &reader)
        return top(node, line: cursor.line)
    }

    /// What stands beside the settings, and not in them, would be left out without a word.
    private static func refuseSiblings(
        of wrapper: String,
        in cursor: SettingsCursor,
        reader: inout SettingsReader
    ) {
        guard let mapping = cursor.node.mapping else { return }
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string, key != wrapper, !ofTheResource.contains(key)
            else { continue }
            let sibling = cursor.child(key, value, keyLine: keyNode.mark?.line)
            let isSetting = SettingsVocabulary.keys[SettingsVocabulary.top]?.contains(key) == true
            reader.fail(
                sibling,
                isSetting
                    ? "belongs inside \"\(wrapper)\", beside \"secretsManagementSettings\""
                    : "unknown key beside \"\(wrapper)\""
            )
        }
    }

    /// Settings given as a string of JSON; its lines are those of the string.
    private static func decoded(
        _ text: String,
        of cursor: SettingsCursor,
        reader: inout SettingsReader
    ) -> SettingsCursor? {
        guard let node = try? Yams.compose(yaml: text, .basic) else {
            // The parser's own words count lines inside of the string, which nobody can find.
            reader.fail(cursor, "holds a string that should be the settings as JSON but isn't JSON")
            return nil
        }
        return top(node, line: cursor.line)
    }

    private static func top(_ node: Node, line: Int) -> SettingsCursor {
        SettingsCursor(
            node: node,
            path: "",
            place: SettingsVocabulary.top,
            line: node.mark?.line ?? line
        )
    }
}
