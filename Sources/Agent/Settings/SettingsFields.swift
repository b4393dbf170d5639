/// The entries of a map of the settings.
///
/// A map has a handful of them and is asked for many more that it doesn't have, so that looking
/// through them takes less than hashing each name.
struct SettingsFields {
    private var keys: [String] = []
    private var values: [SettingsCursor] = []

    /// - Parameter capacity: How many entries there will be at most.
    init(capacity: Int = 0) {
        keys.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
    }

    /// Keeps an entry; the YAML reader sees to it that no key comes twice.
    mutating func append(_ value: SettingsCursor, as key: String) {
        keys.append(key)
        values.append(value)
    }

    subscript(key: String) -> SettingsCursor? {
        keys.firstIndex(of: key).map { values[$0] }
    }

    /// The entries in the order in which they stand.
    var entries: some Sequence<(key: String, value: SettingsCursor)> {
        zip(keys, values).lazy.map { (key: $0, value: $1) }
    }
}
