import Foundation

/// What needs attention, and all certificates in one table.
extension ReportPage {
    var attention: HTML {
        element("section", ["aria-labelledby": "attention"]) {
            element("h2", ["id": "attention"]) { "Needs attention" }
            if health.problems.isEmpty {
                element("p", ["class": "fine"]) {
                    HealthLevel.ok.symbol
                    "Nothing: every certificate is as it should be."
                }
            } else {
                PageTable(
                    "What needs attention, worst first",
                    columns: ["Level", "Certificate", "What", "What to do"]
                ).html(
                    health.problems.map { finding in
                        [
                            .header(finding.level.badge),
                            .cell(finding.certificate.map(link) ?? HTML(text: "all")),
                            .cell(HTML(text: finding.message, limit: 600), "prose"),
                            .cell(HTML(text: finding.mend ?? "–"), "prose"),
                        ]
                    }
                )
            }
            if !worthKnowing.isEmpty {
                element("h3") { "Worth knowing" }
                element("ul") {
                    for line in worthKnowing {
                        element("li") { HTML(text: line, limit: 600) }
                    }
                }
            }
        }
    }

    private var worthKnowing: [String] {
        report.agent.warnings + report.orphans.map { "\($0.name): \($0.finding.message)" }
    }

    var overview: HTML {
        let levels = Dictionary(grouping: health.findings) { $0.certificate ?? "" }
            .mapValues { $0.map(\.level).max() ?? .ok }
        return element("section", ["aria-labelledby": "overview"]) {
            element("h2", ["id": "overview"]) { "All certificates" }
            PageTable(
                "Every certificate in the order of the settings",
                columns: [
                    "Certificate", "State", "Expires", "Live version", "Live since", "Last poll",
                ]
            ).html(
                report.certificates.map { status in
                    [
                        .header(link(status.name)),
                        .cell(status.badge(levels[status.name] ?? .ok)),
                        .cell(expiry(status)),
                        .cell(version(status.current?.version)),
                        .cell(clock.time(status.current?.since)),
                        .cell(lastPoll(status)),
                    ]
                }
            )
        }
    }

    private func link(_ certificate: String) -> HTML {
        element("a", ["href": "#\(CertificateSection.anchor(certificate))"]) { certificate }
    }

    private func expiry(_ status: CertificateStatus) -> HTML {
        guard let notAfter = status.current?.notAfter else { return HTML(text: "–") }
        return HTML([
            clock.date(notAfter),
            element("span", ["class": "aside"]) { " \(clock.distance(notAfter))" },
        ])
    }

    private func version(_ version: String?) -> HTML {
        guard let version else { return HTML(text: "none") }
        return element("code") { String(version.prefix(8)) }
    }

    private func lastPoll(_ status: CertificateStatus) -> HTML {
        guard let poll = status.lastPoll else { return HTML(text: "never") }
        return HTML([
            clock.time(poll.at), poll.ok ? .empty : element("span") { " failed" },
        ])
    }
}

extension HealthLevel {
    /// A sign that is told apart without colour, for the eyes alone: the word stands beside it.
    var symbol: HTML {
        element("span", ["class": "sign \(self)", "aria-hidden": "true"]) {
            switch self {
            case .ok: "✓ "
            case .warning: "▲ "
            case .critical: "✕ "
            }
        }
    }

    var badge: HTML { Self.badge(self, rawValue) }

    /// A word in the colour of a level, with its sign.
    static func badge(_ level: HealthLevel, _ word: String) -> HTML {
        element("span", ["class": "badge \(level)"]) {
            level.symbol
            word
        }
    }
}

extension CertificateStatus {
    /// The state, in the colour of what is found about it.
    func badge(_ level: HealthLevel) -> HTML {
        HealthLevel.badge(level, state.words)
    }
}

extension CertificateState {
    /// As the page and its readers write it.
    var words: String { self == .notFound ? "not found" : rawValue }
}
