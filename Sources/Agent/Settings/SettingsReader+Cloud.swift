import KeyVault

extension SettingsReader {
    /// The `vaultSuffix` of a cloud; one that would send tokens to nobody knows whom is a problem.
    mutating func vaultSuffix(_ cursor: SettingsCursor?) -> String? {
        checked(cursor, by: Cloud.flaw(inSuffix:))
    }

    /// The `audience` of a cloud.
    mutating func audience(_ cursor: SettingsCursor?) -> String? {
        checked(cursor, by: Cloud.flaw(inAudience:))
    }

    /// The text all the same where it has a flaw: what is read by it later is no further problem.
    private mutating func checked(
        _ cursor: SettingsCursor?,
        by flaw: (String) -> String?
    ) -> String? {
        guard let cursor, let text = string(cursor) else { return nil }
        if let flaw = flaw(text) { fail(cursor, "\"\(text)\" \(flaw)") }
        return text
    }
}
