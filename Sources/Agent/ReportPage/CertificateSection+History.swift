import Foundation
import History

/// How a certificate came to stand as it does.
extension CertificateSection {
    var timeline: HTML {
        let subject = TimelineSubject(
            versions: record.versions,
            olderVersions: record.versionCount - record.versions.count,
            deployments: record.deployments.reversed(),
            periods: periods,
            pins: record.pins
        )
        guard let timeline = Timeline(subject, clock: clock) else { return .empty }
        return HTML([
            element("h4") { "Timeline" },
            TimelineDrawing(timeline, certificate: status.name, clock: clock).html,
        ])
    }

    /// The timeline in words.
    var versions: HTML {
        guard !record.versions.isEmpty else { return .empty }
        return HTML([
            element("h4") { "Versions" },
            PageTable(
                "Versions of \(status.name), newest first",
                columns: ["Version", "Subject", "Valid from", "Valid until", "Fetched", "Live"]
            ).html(
                record.versions.map { version in
                    [
                        .header(element("code") { String(version.version.prefix(8)) }),
                        .cell(HTML(text: version.subject ?? "no certificate", limit: 200), "prose"),
                        .cell(clock.date(version.notBefore)),
                        .cell(clock.date(version.notAfter)),
                        .cell(clock.time(version.fetchedAt)),
                        .cell(live(version.version)),
                    ]
                }
            ),
            more(record.versionCount - record.versions.count, "older version"),
        ])
    }

    private func live(_ version: String) -> HTML {
        let own = periods.filter { $0.version == version }
        guard !own.isEmpty else { return HTML(text: "never") }
        let shown = own.suffix(3)
        return element("ul", ["class": "plain"]) {
            if own.count > shown.count {
                element("li") { "\(own.count - shown.count)× before" }
            }
            for period in shown {
                element("li") {
                    if let from = period.from { clock.time(from) } else { HTML(text: "earlier") }
                    if let until = period.until {
                        " to "
                        clock.time(until)
                    } else {
                        " until now"
                    }
                }
            }
        }
    }

    var deployments: HTML {
        guard !record.deployments.isEmpty else { return .empty }
        return HTML([
            element("h4") { "Deployments" },
            PageTable(
                "Deployments of \(status.name), newest first",
                columns: ["Begun", "Version", "Outcome", "Trigger", "By", "Took", "Why"],
                numbers: ["Took"]
            ).html(
                record.deployments.map { deployment in
                    [
                        .header(clock.time(deployment.startedAt)),
                        .cell(element("code") { String(deployment.version.prefix(8)) }),
                        .cell(outcome(deployment), "word"),
                        .text(deployment.trigger.rawValue),
                        .cell(HTML(text: deployment.actor, limit: 80)),
                        .number(
                            deployment.finishedAt.map {
                                $0.timeIntervalSince(deployment.startedAt).asDuration
                            } ?? "–"
                        ),
                        .cell(why(deployment), "prose"),
                    ]
                }
            ),
            more(record.deploymentCount - record.deployments.count, "older deployment"),
        ])
    }

    private func outcome(_ deployment: Deployment) -> HTML {
        HTML([
            TimelineEvent(deployment)?.sample ?? .empty,
            HTML(text: deployment.outcome?.words ?? "under way"),
        ])
    }

    /// The reason, and what the hooks said that went wrong.
    private func why(_ deployment: Deployment) -> HTML {
        let reasons = [deployment.reason, deployment.error].compactMap(\.self)
        let reason = (reasons.first == reasons.last ? Array(reasons.prefix(1)) : reasons)
            .joined(separator: ": ")
        let troubled = deployment.hookRuns.filter { $0.trouble != nil }
        guard !troubled.isEmpty else {
            return HTML(text: reason.isEmpty ? "–" : reason, limit: 400)
        }
        return HTML([
            HTML(text: reason, limit: 400),
            HTML(
                troubled.prefix(3).map { run in
                    element("details", ["class": "run"]) {
                        element("summary") {
                            HTML(
                                text: "\(run.phase) hook \(run.name): \(run.trouble ?? "")",
                                limit: 200
                            )
                        }
                        element("pre") {
                            HTML(text: run.output.isEmpty ? "(no output)" : run.output, limit: 4000)
                        }
                    }
                }
            ),
        ])
    }

    var hooks: HTML {
        let hooks = HookDurations.all(record.deployments)
        guard !hooks.isEmpty else { return .empty }
        let longest = max(1, hooks.map(\.longestMs).max() ?? 1)
        return HTML([
            element("h4") { "Hooks" },
            PageTable(
                "Hooks of \(status.name), over the deployments above",
                columns: [
                    "Hook", "Phase", "Runs", "Failed", "Median", "Longest", "Median and longest",
                ],
                numbers: ["Runs", "Failed", "Median", "Longest"]
            ).html(
                hooks.prefix(Self.hooksShown).map { hook in
                    [
                        .header(HTML(text: hook.name, limit: 120)),
                        .text(hook.phase),
                        .number("\(hook.runs)"),
                        .cell(
                            hook.failures == 0
                                ? HTML(text: "0") : HealthLevel.badge(.warning, "\(hook.failures)"),
                            "number"
                        ),
                        .number((Double(hook.medianMs) / 1000).asDuration),
                        .number((Double(hook.longestMs) / 1000).asDuration),
                        .cell(bar(hook, longest: longest), "bar"),
                    ]
                }
            ),
            more(hooks.count - Self.hooksShown, "more hook"),
        ])
    }

    private static let hooksShown = 40

    /// The numbers beside it as lengths; they are read out already.
    private func bar(_ hook: HookDurations, longest: Int) -> HTML {
        let median = Double(hook.medianMs) / Double(longest)
        let most = Double(hook.longestMs) / Double(longest)
        return element(
            "svg",
            ["width": "100%", "height": "12", "aria-hidden": "true", "class": "durations"]
        ) {
            element("rect", ["class": "longest", "y": "5", "height": "2", "width": most.percent])
            element(
                "rect",
                ["class": "median", "y": "1", "height": "10", "rx": "2", "width": median.percent]
            )
        }
    }

    var pins: HTML {
        guard !record.pins.isEmpty else { return .empty }
        return HTML([
            element("h4") { "Pins" },
            PageTable(
                "Pins of \(status.name), newest first",
                columns: ["Version", "Set", "By", "Until", "Lifted", "Why"]
            ).html(
                record.pins.map { past in
                    [
                        .header(element("code") { String(past.pin.version.prefix(8)) }),
                        .cell(clock.time(past.pin.at)),
                        .cell(HTML(text: past.pin.actor, limit: 80)),
                        .cell(
                            past.pin.until.map { clock.time($0) } ?? HTML(text: "it is lifted")
                        ),
                        .cell(lifted(past)),
                        .cell(HTML(text: past.pin.reason ?? "–", limit: 400), "prose"),
                    ]
                }
            ),
        ])
    }

    private func lifted(_ past: PastPin) -> HTML {
        guard let removedAt = past.removedAt else {
            return past.pin.holds(at: clock.now)
                ? HealthLevel.badge(.ok, "holds") : HTML(text: "ended by itself")
        }
        return HTML([
            clock.time(removedAt),
            HTML(text: past.removedBy.map { " by \($0)" } ?? "", limit: 80),
        ])
    }

    private func more(_ count: Int, _ what: String) -> HTML {
        guard count > 0 else { return .empty }
        return element("p", ["class": "more"]) {
            "And \(count) \(what)\(count == 1 ? "" : "s"); kvagent history \(status.name) has the deployments."
        }
    }
}

extension Outcome {
    /// As the page writes it.
    var words: String {
        switch self {
        case .rolledBack: "rolled back"
        case .deployed, .held, .rejected, .failed, .interrupted, .ignored: rawValue
        }
    }
}

extension Double {
    /// A fraction as a length in SVG.
    var percent: String { "\((self * 10_000).rounded() / 100)%" }
}

extension TimeInterval {
    /// `0.12 s`, `3.4 s`, `45 s`, then as ``inWords``: what a hook or a deployment took.
    var asDuration: String {
        switch self {
        case ..<0: "–"
        case ..<1: String(Int((self * 1000).rounded())) + " ms"
        case ..<10: String((self * 10).rounded() / 10) + " s"
        default: inWords
        }
    }
}
