import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Brings log messages to a Fluentd or Fluent Bit.
///
/// The agent never waits for it: messages queue up to a limit while the collector is away, and what
/// is too much is dropped, counted, and told as soon as it can be told. An idle queue wakes nothing.
package final class FluentdForwarder: Service {
    /// Hours of a quiet agent, minutes of a troubled one; 1 MiB or so.
    private static let mostWaiting = 1000

    /// The wait before a try after a failure; it doubles up to the longest.
    private static let firstPause: Duration = .milliseconds(500)
    private static let longestPause: Duration = .seconds(30)

    private let endpoint: FluentdEndpoint
    private let tag: String
    private let local: Logger
    private let messages: AsyncStream<ForwardMessage>
    private let queue: AsyncStream<ForwardMessage>.Continuation
    private let lost = Atomic<Int>(0)
    private let isEnding = Atomic<Bool>(false)

    /// - Parameters:
    ///   - endpoint: Where the collector listens.
    ///   - tag: Of every message.
    ///   - mostWaiting: How many messages wait for the collector.
    ///   - local: Told when the collector goes away and comes back; not one that leads here.
    package init(
        _ endpoint: FluentdEndpoint,
        tag: String,
        mostWaiting: Int = FluentdForwarder.mostWaiting,
        local: Logger
    ) {
        self.endpoint = endpoint
        self.tag = tag
        self.local = local
        (messages, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(mostWaiting))
    }

    /// Takes a message, or counts it as lost; never waits.
    func forward(_ level: Logger.Level, _ message: Logger.Message, _ metadata: Logger.Metadata) {
        let message = ForwardMessage(
            tag: tag,
            time: Date(),
            level: level,
            message: message,
            metadata: metadata
        )
        if case .dropped = queue.yield(message) { lost.add(1, ordering: .relaxed) }
    }

    /// Delivers until a graceful shutdown; then what is waiting is tried once more.
    package func run() async {
        await withGracefulShutdownHandler {
            let connection = FluentdConnection(endpoint)
            for await message in messages {
                guard await deliver(message, over: connection) else { break }
            }
        } onGracefulShutdown: {
            self.isEnding.store(true, ordering: .relaxed)
            self.queue.finish()
        }
    }

    /// Sends one message, however often that takes to be tried.
    ///
    /// - Returns: Whether there is a point in going on: not when it failed at the end.
    private func deliver(
        _ message: ForwardMessage,
        over connection: FluentdConnection
    ) async -> Bool {
        var pause = Self.firstPause
        var isAway = false
        while true {
            do {
                try await connection.send(message.bytes)
                if isAway { local.notice("the log is forwarded again", metadata: metadata()) }
                await reportLoss(over: connection)
                return true
            } catch {
                if !isAway {
                    local.warning(
                        "the log can't be forwarded",
                        metadata: metadata(error: "\(error)")
                    )
                }
                isAway = true
            }
            guard !isEnding.load(ordering: .relaxed), !Task.isCancelled else { return false }
            // Cut short by a shutdown, after which there is one more try.
            let now = pause
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: now) }
            pause = min(pause * 2, Self.longestPause)
        }
    }

    /// Says how many messages were dropped, in the place where they are missing.
    private func reportLoss(over connection: FluentdConnection) async {
        let count = lost.exchange(0, ordering: .relaxed)
        guard count > 0 else { return }
        local.warning("log messages were not forwarded", metadata: metadata(lost: count))
        let message = ForwardMessage(
            tag: tag,
            time: Date(),
            level: .warning,
            message: "log messages were not forwarded",
            metadata: ["count": "\(count)"]
        )
        // The local log has it; whether the collector hears it too, its own trouble decides.
        try? await connection.send(message.bytes)
    }

    private func metadata(error: String? = nil, lost: Int? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = ["endpoint": "\(endpoint)"]
        if let error { metadata["error"] = "\(error)" }
        if let lost { metadata["count"] = "\(lost)" }
        return metadata
    }
}

/// Hands log messages to a ``FluentdForwarder``.
package struct FluentdLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    private let forwarder: FluentdForwarder

    package init(_ forwarder: FluentdForwarder, level: Logger.Level) {
        self.forwarder = forwarder
        logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        forwarder.forward(
            event.level,
            event.message,
            metadata.merging(event.metadata ?? [:]) { $1 }
        )
    }
}
