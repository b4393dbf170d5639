import Foundation

/// What stands before the certificates' sections and after them.
extension ReportPage {
    /// The page up to the first certificate's section, with open tags that ``end`` closes.
    var start: PagePiece {
        PagePiece("<!DOCTYPE html>\n<html lang=\"en\">\n")
            + PagePiece(head)
            + PagePiece("<body>\n")
            + PagePiece(header)
            + PagePiece("<main>\n")
            + PagePiece(TimelineEvent.shapes)
            + PagePiece(attention)
            + PagePiece(overview)
            + PagePiece("<section aria-labelledby=\"certificates\">")
            + PagePiece(sectionsHeading)
    }

    /// Closes what ``start`` has opened.
    var end: String { "</section>\n</main>\n\(footer.markup)\n</body>\n</html>\n" }

    private var title: String { "Certificates on \(host)" }

    private var head: HTML {
        element("head") {
            element("meta", ["charset": "utf-8"])
            // Should a value ever get through as markup, it can still load and run nothing.
            element(
                "meta",
                [
                    "http-equiv": "Content-Security-Policy",
                    "content": "default-src 'none'; style-src 'unsafe-inline'",
                ]
            )
            element("meta", ["name": "referrer", "content": "no-referrer"])
            element("meta", ["name": "color-scheme", "content": "light dark"])
            element(
                "meta",
                ["name": "viewport", "content": "width=device-width, initial-scale=1"]
            )
            element("meta", ["name": "generator", "content": "kvagent \(report.agent.version)"])
            element("title") { title }
            HTML(style: PackageResources.report_css)
        }
    }

    private var header: HTML {
        element("header") {
            element("h1") { title }
            element("p", ["class": "about"]) {
                "As of "
                clock.time(clock.now)
                ". Times are those of \(clock.zoneName). "
                daemonLine
            }
            element("ul", ["class": "counts"]) {
                for count in counts {
                    element("li", ["class": count.level.map { "\($0)" }]) {
                        element("strong") { "\(count.number)" }
                        " \(count.words)"
                    }
                }
            }
            element("nav", ["aria-label": "On this page"]) {
                element("ul") {
                    for (target, words) in [
                        ("attention", "Needs attention"), ("overview", "All certificates"),
                        ("certificates", "One by one"),
                    ] {
                        element("li") { element("a", ["href": "#\(target)"]) { words } }
                    }
                }
            }
        }
    }

    private var daemonLine: String {
        guard let pid = report.agent.pid else { return "No daemon is running." }
        return "The daemon is running (pid \(pid))"
            + (report.agent.nextPass.map { ", next poll at \(clock.local($0))." } ?? ".")
    }

    private var counts: [(number: Int, words: String, level: HealthLevel?)] {
        let levels = report.certificates.map { health.level(of: $0.name) }
        let pinned = report.certificates.count { $0.pin?.holds(at: clock.now) == true }
        return [
            (levels.count, levels.count == 1 ? "certificate" : "certificates", nil),
            (levels.count { $0 == .critical }, "critical", .critical),
            (levels.count { $0 == .warning }, "with a warning", .warning),
            (levels.count { $0 == .ok }, "in order", .ok),
            (pinned, "pinned", nil),
        ]
    }

    private var sectionsHeading: HTML {
        HTML([
            element("h2", ["id": "certificates"]) { "One by one" },
            element("div", ["class": "legend"]) {
                element("p") { "In the timelines:" }
                element("ul") {
                    for event in TimelineEvent.allCases {
                        element("li") {
                            event.sample
                            event.words
                        }
                    }
                    for (part, words) in [
                        ("validity", "valid"), ("live", "live"), ("pinned", "held by a pin"),
                    ] {
                        element("li") {
                            TimelineDrawing.sample(part)
                            words
                        }
                    }
                }
            },
        ])
    }

    private var footer: HTML {
        element("footer") {
            element("p") {
                "Made by kvagent \(report.agent.version) from its history; no vault was asked. No private key is in this file."
            }
        }
    }
}

/// A piece of the page in its final form; unlike ``HTML`` it may end within an element.
struct PagePiece {
    let markup: String

    init(_ markup: StaticString) {
        self.markup = "\(markup)"
    }

    init(_ html: HTML) {
        markup = html.markup + "\n"
    }

    private init(markup: String) {
        self.markup = markup
    }

    static func + (left: PagePiece, right: PagePiece) -> PagePiece {
        PagePiece(markup: left.markup + right.markup)
    }
}

extension Health {
    /// The worst that is said of one certificate.
    func level(of certificate: String) -> HealthLevel {
        findings.lazy.filter { $0.certificate == certificate }.map(\.level).max() ?? .ok
    }
}
