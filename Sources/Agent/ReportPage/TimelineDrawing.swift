import Foundation
import History

/// A timeline as an SVG picture.
///
/// Every place along the time axis is a percentage and every other length is in pixels, so that
/// the picture takes the width that there is and its text keeps its size.
struct TimelineDrawing: Sendable {
    private let timeline: Timeline
    private let certificate: String
    private let clock: PageClock

    init(_ timeline: Timeline, certificate: String, clock: PageClock) {
        self.timeline = timeline
        self.certificate = certificate
        self.clock = clock
    }

    /// Room above the lanes, for the word "now".
    private static let top = 18
    private static let laneHeight = 38
    private static let axisHeight = 24

    private var lanesEnd: Int { Self.top + timeline.lanes.count * Self.laneHeight }

    var html: HTML {
        element("figure", ["class": "timeline"]) {
            element(
                "svg",
                [
                    "role": "img", "width": "100%", "height": "\(lanesEnd + Self.axisHeight)",
                    "aria-labelledby": "title-\(certificate)",
                    "aria-describedby": "words-\(certificate)",
                ]
            ) {
                element("title", ["id": "title-\(certificate)"]) { "Timeline of \(certificate)" }
                element("desc", ["id": "words-\(certificate)"]) { words }
                axis
                line("now", at: timeline.now, from: Self.top - 4, to: lanesEnd + 4)
                for (index, lane) in timeline.lanes.enumerated() {
                    draw(lane, at: Self.top + index * Self.laneHeight)
                }
                present
            }
            element("figcaption") { caption }
        }
    }

    private var caption: String {
        let range =
            "\(clock.day(timeline.range.lowerBound)) to \(clock.day(timeline.range.upperBound))"
        let count = timeline.lanes.count
        let versions = count == 1 ? "the one version" : "\(count) versions, newest first"
        let more = timeline.olderVersions
        let older = more > 0 ? ", \(more) older one\(more == 1 ? "" : "s") not drawn" : ""
        return "\(range): \(versions)\(older). The tables below say the same."
    }

    /// What the picture shows, for who can't see it.
    private var words: String {
        let lanes = timeline.lanes.map { lane in
            let events = lane.marks.map { "\($0.event.words) \(clock.day($0.date))" }
            let live = lane.live.isEmpty ? "never live" : "live"
            return "version \(lane.version.prefix(8)): "
                + ([live] + events.suffix(5)).joined(separator: ", ")
        }
        return lanes.joined(separator: "; ") + ". The tables below have the details."
    }

    private var axis: HTML {
        HTML(
            timeline.ticks.map { tick in
                HTML([
                    line("tick", at: tick.at, from: Self.top, to: lanesEnd + 4),
                    element(
                        "text",
                        [
                            "class": "label", "x": tick.at.percent,
                            "y": "\(lanesEnd + Self.axisHeight - 4)",
                            "text-anchor": Self.anchor(tick.at),
                        ]
                    ) { tick.label },
                ])
            }
        )
    }

    private var present: HTML {
        element(
            "text",
            [
                "class": "label now", "x": timeline.now.percent, "y": "10",
                "text-anchor": Self.anchor(timeline.now),
            ]
        ) { "now" }
    }

    private func draw(_ lane: Timeline.Lane, at y: Int) -> HTML {
        let bar = y + 18
        return element("g") {
            label(lane, at: y + 12)
            lane.validity.map { rectangle("validity", $0, y: bar, height: 8) }
            lane.live.map { rectangle("live", $0, y: bar, height: 8) }
            lane.pinned.map { rectangle("pinned", $0, y: bar + 11, height: 3) }
            lane.marks.map { mark in
                element(
                    "use",
                    [
                        "href": "#\(mark.event.shapeID)", "x": mark.at.percent, "y": "\(bar + 4)",
                        "class": mark.event.rawValue,
                    ]
                ) {
                    element("title") { "\(mark.event.words) \(clock.local(mark.date))" }
                }
            }
        }
    }

    /// The version's name, above the beginning of what is drawn of it, or above the end where
    /// that would lead out of the picture.
    private func label(_ lane: Timeline.Lane, at y: Int) -> HTML {
        let places =
            [lane.validity?.lowerBound, lane.validity?.upperBound].compactMap(\.self)
            + lane.live.map(\.lowerBound) + lane.marks.map(\.at)
        let start = places.min() ?? 0
        // The name takes less than that of the narrowest screen.
        let isLate = start > 0.7
        let isLive = lane.live.last.map { $0.upperBound >= timeline.now } ?? false
        return element(
            "text",
            [
                "class": "version", "y": "\(y)",
                "x": (isLate ? places.max() ?? 1 : start).percent,
                "text-anchor": isLate ? "end" : "start",
            ]
        ) {
            String(lane.version.prefix(8))
            if isLive { element("tspan", ["class": "word"]) { " live" } }
            if lane.validity == nil { element("tspan", ["class": "word"]) { " no certificate" } }
        }
    }

    private func line(_ kind: String, at place: Double, from: Int, to: Int) -> HTML {
        element(
            "line",
            [
                "class": kind, "x1": place.percent, "x2": place.percent, "y1": "\(from)",
                "y2": "\(to)",
            ]
        )
    }

    private func rectangle(
        _ kind: String,
        _ range: ClosedRange<Double>,
        y: Int,
        height: Int
    ) -> HTML {
        element(
            "rect",
            [
                "class": kind, "x": range.lowerBound.percent, "y": "\(y)",
                // What was short must still be seen.
                "width": max(0.002, range.upperBound - range.lowerBound).percent,
                "height": "\(height)", "rx": "\(height / 3)",
            ]
        )
    }

    /// Text at the edges is not centred, which would lead out of the picture.
    private static func anchor(_ place: Double) -> String {
        place < 0.04 ? "start" : place > 0.96 ? "end" : "middle"
    }

    /// A part of the picture, for the legend.
    static func sample(_ part: String) -> HTML {
        element("svg", ["class": "sample", "width": "22", "height": "12", "aria-hidden": "true"]) {
            element(
                "rect",
                [
                    "class": part, "x": "0", "y": part == "pinned" ? "5" : "2", "width": "20",
                    "height": part == "pinned" ? "3" : "8", "rx": "2",
                ]
            )
        }
    }
}

extension TimelineEvent {
    var shapeID: String { "event-\(rawValue)" }

    /// The shape, for the legend and for tables; the word stands beside it.
    var sample: HTML {
        element("svg", ["class": "sample", "width": "16", "height": "12", "aria-hidden": "true"]) {
            element("use", ["href": "#\(shapeID)", "x": "6", "y": "6", "class": rawValue])
        }
    }

    /// The path of the shape around its middle; each event has its own, so that colour is no need.
    private var path: String {
        switch self {
        case .deployed: "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z"
        case .rollback: "M4,-5.5L-5.5,0L4,5.5z"
        case .held: "M-4,-4.5h2.5v9h-2.5zM1.5,-4.5h2.5v9h-2.5z"
        case .rejected: "M-4.5,-4.5L4.5,4.5M4.5,-4.5L-4.5,4.5"
        case .rolledBack: "M-5.5,-4L5.5,-4L0,5.5z"
        case .failed: "M0,-5.5L5.5,0L0,5.5L-5.5,0z"
        case .interrupted: "M-5,-1.5h3v3h-3zM2,-1.5h3v3h-3z"
        }
    }

    /// Every shape once, for the pictures to refer to.
    static var shapes: HTML {
        element("svg", ["class": "shapes", "width": "0", "height": "0", "aria-hidden": "true"]) {
            element("defs") {
                for event in allCases {
                    element("path", ["id": event.shapeID, "d": event.path])
                }
            }
        }
    }
}
