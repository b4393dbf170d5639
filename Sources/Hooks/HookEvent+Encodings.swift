import FoundationEssentials

extension HookEvent {
    /// The event as environment variables, beside which a hook gets only `PATH`, `LANG` and `HOME`.
    ///
    /// What belongs to one certificate is there only when the event has exactly one: a hook for a
    /// batch that read the first of ten would be wrong nine times. `RENEWED_LINEAGE` and
    /// `RENEWED_DOMAINS` are certbot's, so its deploy hooks run as they are. A value that does not
    /// exist is empty rather than unset, for scripts under `set -u`.
    package func environment() -> [String: String] {
        var variables = [
            "KVAGENT_PHASE": phase.rawValue,
            "KVAGENT_TRIGGER": trigger,
            "KVAGENT_ATTEMPT": String(attempt),
            "KVAGENT_RUN_ID": runId,
            "KVAGENT_CERTIFICATES": certificates.map(\.name).joined(separator: " "),
        ]
        if phase == .failure {
            // The kernel takes 128 KiB for one string; the JSON on stdin has the whole text.
            variables["KVAGENT_ERROR"] = String((error ?? "").prefix(4096))
        }
        if certificates.count == 1, let certificate = certificates.first {
            variables.merge(Self.variables(of: certificate)) { _, own in own }
        }
        // A string with a NUL in it would end there.
        return variables.mapValues { $0.filter { $0 != "\0" } }
    }

    private static func variables(of certificate: Certificate) -> [String: String] {
        let domains = certificate.domains.joined(separator: " ")
        return [
            "KVAGENT_CERTIFICATE": certificate.name,
            "KVAGENT_VERSION": certificate.version,
            "KVAGENT_PREVIOUS_VERSION": certificate.previousVersion ?? "",
            "KVAGENT_THUMBPRINT": certificate.thumbprint,
            "KVAGENT_SHA256": certificate.sha256,
            "KVAGENT_DIRECTORY": certificate.directory,
            "KVAGENT_PRIVKEY": certificate.privkey,
            "KVAGENT_CERT": certificate.cert,
            "KVAGENT_CHAIN": certificate.chain,
            "KVAGENT_FULLCHAIN": certificate.fullchain,
            "KVAGENT_BUNDLE": certificate.bundle,
            "KVAGENT_NOT_AFTER": certificate.notAfter.formatted(Date.ISO8601FormatStyle()),
            "KVAGENT_DOMAINS": domains,
            "RENEWED_LINEAGE": certificate.directory,
            "RENEWED_DOMAINS": domains,
        ]
    }

    /// The event as one line of JSON: keys in camelCase and sorted, dates in RFC 3339 UTC.
    package func json() -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        // Strings, integers and finite dates always encode; a hook that got nothing would fail loudly.
        let data = (try? encoder.encode(self)) ?? Data("{}".utf8)
        return Array(data) + [UInt8(ascii: "\n")]
    }
}
