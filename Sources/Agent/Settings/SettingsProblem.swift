/// Something wrong at one place of the settings, with its mend, as one line.
package struct SettingsProblem: Sendable, Hashable {
    package var file: String

    /// Counted from 1.
    package var line: Int

    /// The key's whole path, as `secretsManagementSettings.observedCertificates[0].url`; empty for
    /// the file itself.
    package var key: String

    /// What is wrong and what to do, lower case, no full stop.
    package var message: String

    package init(file: String, line: Int, key: String, message: String) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
    }
}

extension SettingsProblem: CustomStringConvertible {
    package var description: String {
        key.isEmpty ? "\(file):\(line): \(message)" : "\(file):\(line): \(key): \(message)"
    }
}

/// Every problem of a settings file; never empty.
package struct SettingsError: Error, Sendable, CustomStringConvertible {
    package let problems: [SettingsProblem]

    package init(_ problems: [SettingsProblem]) {
        self.problems = problems
    }

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
