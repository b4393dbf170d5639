extension SettingsReader {
    /// `loggingSettings`: the extension's own, where `logger` is `fluentd`, or ours.
    mutating func logging(_ cursor: SettingsCursor?) -> LoggingSettings {
        guard let cursor, !cursor.isNull else { return LoggingSettings() }
        let fields = fields(cursor)
        let logger = string(fields["logger"])
        var settings = LoggingSettings()
        switch logger {
        case nil: break
        case "fluentd":
            settings.destination = .fluentd(
                endpoint(fields["endpoint"]),
                tag: tag(fields["servicename"])
            )
        case "journald": settings.destination = .journal
        case "stderr": settings.destination = .standardError
        case .some(let other):
            fail(
                fields["logger"] ?? cursor,
                "expected journald, stderr or fluentd, found \"\(other)\""
            )
        }
        let isFluentd = logger == "fluentd"
        if let place = fields["format"], let format = string(place) {
            let formats = isFluentd ? ["forward"] : ["text", "json"]
            if !formats.contains(format) {
                let whose = logger.map { " for \($0)" } ?? ""
                fail(
                    place,
                    "expected \(formats.joined(separator: " or "))\(whose), found \"\(format)\""
                )
            }
            settings.isJSON = format == "json"
        }
        if !isFluentd {
            for key in ["endpoint", "servicename"] {
                if let place = fields[key] {
                    note(place, "has no effect: only \"logger: fluentd\" sends the log anywhere")
                }
            }
        }
        return settings
    }

    private mutating func endpoint(_ cursor: SettingsCursor?) -> FluentdEndpoint {
        guard let text = string(cursor), let cursor else { return .standard }
        guard let endpoint = FluentdEndpoint(text) else {
            fail(
                cursor,
                "expected tcp://HOST:PORT or unix:///PATH, e.g. \(FluentdEndpoint.standard), found \"\(text)\""
            )
            return .standard
        }
        return endpoint
    }

    /// Fluentd routes by the tag, whose parts are told apart by dots.
    private mutating func tag(_ cursor: SettingsCursor?) -> String {
        guard let text = string(cursor), let cursor else { return "kvagent" }
        let isPlain = text.allSatisfy {
            $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0))
        }
        guard isPlain, text.count <= 128 else {
            fail(
                cursor,
                "becomes the tag of every message: use letters, digits, \".\", \"-\" and \"_\", at most 128"
            )
            return "kvagent"
        }
        return text
    }
}
