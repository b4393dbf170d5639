import Yams

/// Walks a settings file, keeping every problem it meets instead of stopping at the first.
struct SettingsReader {
    let file: String
    private(set) var problems: [SettingsProblem] = []
    private(set) var notes: [SettingsProblem] = []
    private(set) var lines: [String: Int] = [:]

    init(file: String) {
        self.file = file
    }

    /// Keeps a problem of `cursor`.
    mutating func fail(_ cursor: SettingsCursor, _ message: String) {
        problems.append(
            SettingsProblem(file: file, line: cursor.line, key: cursor.path, message: message)
        )
    }

    mutating func note(_ cursor: SettingsCursor, _ message: String) {
        notes.append(
            SettingsProblem(file: file, line: cursor.line, key: cursor.path, message: message)
        )
    }

    /// Keeps where something stands that is not the value of a key.
    mutating func keepLine(of cursor: SettingsCursor) {
        lines[cursor.path] = cursor.line
    }

    /// Lets go of where something stands that counts for nothing.
    mutating func forgetLine(of cursor: SettingsCursor) {
        lines[cursor.path] = nil
    }

    /// The entries of a map, each once, those without meaning here refused or noted.
    mutating func fields(_ cursor: SettingsCursor) -> SettingsFields {
        guard let mapping = cursor.node.mapping else {
            if !cursor.isNull { fail(cursor, "expected a map, found \(cursor.kind)") }
            return SettingsFields()
        }
        var fields = SettingsFields(capacity: mapping.count)
        let place = cursor.place
        let known = SettingsVocabulary.keys[place] ?? []
        for (keyNode, value) in mapping {
            guard let key = keyNode.scalar?.string else {
                fail(cursor, "a key must be a plain word")
                continue
            }
            let child = cursor.child(key, value, keyLine: keyNode.mark?.line, in: place)
            let isKnown = known.contains(key)
            if isKnown, child.isEmptyText {
                // A template passes a parameter that nobody gave as "". Where the key is required,
                // its absence is told by whoever needs it.
                note(child, "is empty: as if left out")
            } else if isKnown {
                fields.append(child, as: key)
                lines[child.path] = child.line
            } else if let why = SettingsVocabulary.withoutEffect[place]?[key] {
                note(child, "has no effect: \(why)")
            } else {
                fail(child, SettingsVocabulary.explain(key, at: place))
            }
        }
        return fields
    }

    /// The elements of a list; a single value is not taken for a list of one.
    mutating func elements(_ cursor: SettingsCursor?) -> [SettingsCursor] {
        guard let cursor, !cursor.isNull else { return [] }
        guard let sequence = cursor.node.sequence else {
            fail(cursor, "expected a list, found \(cursor.kind)")
            return []
        }
        return cursor.elements(sequence)
    }

    mutating func string(_ cursor: SettingsCursor?) -> String? {
        guard let cursor, !cursor.isNull else { return nil }
        guard let text = cursor.text, !text.isEmpty else {
            fail(cursor, "expected text, found \(cursor.kind)")
            return nil
        }
        let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        guard isPlain || !text.contains(where: { $0.isNewline || $0 == "\0" }) else {
            fail(cursor, "must be one line without control characters")
            return nil
        }
        return text
    }

    mutating func boolean(_ cursor: SettingsCursor?) -> Bool? {
        guard let text = string(cursor), let cursor else { return nil }
        switch text.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            fail(cursor, "expected true or false, found \(cursor.kind)")
            return nil
        }
    }

    /// A whole number within `range`, written as a number or, as the extension has it, as text.
    mutating func integer(_ cursor: SettingsCursor?, in range: ClosedRange<Int>) -> Int? {
        guard let text = string(cursor), let cursor else { return nil }
        guard let number = Int(text), range.contains(number) else {
            fail(
                cursor,
                "expected a whole number from \(range.lowerBound) to \(range.upperBound), found \(cursor.kind)"
            )
            return nil
        }
        return number
    }

    /// A time such as `30s`, `5m`, `1h` or a plain number of seconds, from 1 s to 1 h.
    mutating func duration(_ cursor: SettingsCursor?) -> Duration? {
        guard let text = string(cursor), let cursor else { return nil }
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let unit = text.last.flatMap { units[$0] }
        let number = Int(unit == nil ? text[...] : text.dropLast())
        guard let number, number > 0, number <= 3600, number * (unit ?? 1) <= 3600 else {
            fail(cursor, "expected a time from 1s to 1h such as 30s or 5m, found \(cursor.kind)")
            return nil
        }
        return .seconds(number * (unit ?? 1))
    }
}
