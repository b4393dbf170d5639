/// The parts of `NAME=VALUE,…`; nil where one has another name, or none.
func assignments(in text: String, of names: Set<String>) -> [String: String]? {
    var parts: [String: String] = [:]
    for part in text.split(separator: ",") {
        guard let equals = part.firstIndex(of: "="), names.contains(String(part[..<equals])) else {
            return nil
        }
        parts[String(part[..<equals])] = String(part[part.index(after: equals)...])
    }
    return parts
}
