/// A value of the settings as it counts, in the form of a settings file, with where it comes from.
package indirect enum EffectiveValue: Sendable, Equatable {
    case map([Entry])
    case list([EffectiveValue])
    case scalar(EffectiveScalar, SettingOrigin)

    package struct Entry: Sendable, Equatable {
        package let key: String
        package let value: EffectiveValue
    }
}

/// A value without parts.
package enum EffectiveScalar: Sendable, Equatable {
    case text(String)
    case number(Int)
    case flag(Bool)
}

/// Where a value comes from.
package enum SettingOrigin: Sendable, Equatable {
    /// The file has it, in this line.
    case line(Int)

    /// It is that of another key, which the file may have.
    case inherited(from: String)

    /// Nobody said anything else.
    case standard
}

extension EffectiveValue {
    /// Only what the file itself has; nil when that is nothing.
    package var written: EffectiveValue? {
        switch self {
        case .map(let entries):
            let kept = entries.compactMap { entry in
                entry.value.written.map { Entry(key: entry.key, value: $0) }
            }
            return kept.isEmpty ? nil : .map(kept)
        case .list(let elements):
            let kept = elements.compactMap(\.written)
            return kept.isEmpty ? nil : .list(kept)
        case .scalar(_, .line): return self
        case .scalar: return nil
        }
    }

    /// Every scalar with its whole path, in order.
    package func leaves(
        _ path: String = ""
    ) -> [(path: String, value: EffectiveScalar, origin: SettingOrigin)] {
        switch self {
        case .map(let entries):
            entries.flatMap { $0.value.leaves(path.isEmpty ? $0.key : "\(path).\($0.key)") }
        case .list(let elements):
            elements.enumerated().flatMap { $0.element.leaves("\(path)[\($0.offset)]") }
        case .scalar(let value, let origin): [(path, value, origin)]
        }
    }
}
