extension String {
    /// The text as one line of at most `limit` characters, fit for a terminal and a log.
    ///
    /// What a server wrote can hold line breaks that forge log lines and escape sequences that
    /// drive a terminal: every run of white space and control or format characters becomes one space.
    package func oneLine(limit: Int = 300) -> String {
        var line = ""
        var length = 0
        var needsSpace = false
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
                .paragraphSeparator, .spaceSeparator:
                needsSpace = length > 0
            default:
                guard length + (needsSpace ? 2 : 1) < limit else { return line + "…" }
                if needsSpace {
                    line.unicodeScalars.append(" ")
                    length += 1
                }
                needsSpace = false
                line.unicodeScalars.append(scalar)
                length += 1
            }
        }
        return line
    }
}
