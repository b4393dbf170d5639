/// `text` with every PEM private key in it cut out, such as a hook may print.
///
/// Where the text was cut itself (of a hook's output only the end is kept), the rest of a key
/// that lost its first line goes up to its last one, and one that lost its last goes to the end.
///
/// Bytes are compared, as the database's own check does: to Swift a hyphen with an accent on it is
/// another character than a hyphen.
func withoutPrivateKeys(_ text: String) -> String {
    // Most text has none, and is not copied.
    guard text.utf8.contains(marker.utf8) else { return text }
    var kept: [Substring] = []
    var isInKey = false
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        guard line.utf8.contains(marker.utf8) else {
            if !isInKey { kept.append(line) }
            continue
        }
        let begin = line.utf8.ranges(of: "-----BEGIN".utf8).last?.lowerBound
        let end = line.utf8.ranges(of: "-----END".utf8).last?.lowerBound
        // The end of a key that does not begin in this text: all so far was part of it.
        if begin == nil && !isInKey { kept = [] }
        if kept.last != "<redacted>" { kept.append("<redacted>") }
        // Both on one line: a key in JSON, or the next key after one without a last newline.
        isInKey = (begin ?? line.startIndex) > (end ?? line.startIndex) || end == nil
    }
    return kept.joined(separator: "\n")
}

/// How the first and the last line of every kind of PEM private key end (RFC 7468, RFC 5915,
/// OpenSSL's "RSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY").
private let marker = "PRIVATE KEY-----"
