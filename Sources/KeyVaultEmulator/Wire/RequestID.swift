/// Identifiers in the form of a GUID, as the services number their requests.
enum RequestID {
    static func make() -> String {
        let hex = VaultVersion.makeID()
        var text = ""
        for (index, digit) in hex.enumerated() {
            if [8, 12, 16, 20].contains(index) { text += "-" }
            text.append(digit)
        }
        return text
    }
}
