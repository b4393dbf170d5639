import Foundation
import Logging

/// A log message as Fluentd's forward protocol has it in "message mode": `[tag, time, record]`
/// (<https://github.com/fluent/fluentd/wiki/Forward-Protocol-Specification-v1>).
struct ForwardMessage: Sendable {
    /// A longer value is cut: a collector refuses what is too large.
    static let longestValue = 8192

    let bytes: [UInt8]

    /// The record has `level`, `message`, `id` where the message has one, and the values.
    init(
        tag: String,
        time: Date,
        level: Logger.Level,
        message: Logger.Message,
        metadata: Logger.Metadata
    ) {
        var record = metadata.mapValues { "\($0)" }.filter { !$0.value.isEmpty }
        record["level"] = level.rawValue
        record["message"] = message.description
        record["id"] = NotableMessage(rawValue: message.description)?.id
        var encoder = MessagePack()
        encoder.array(3)
        encoder.text(tag)
        encoder.number(UInt64(max(0, time.timeIntervalSince1970)))
        encoder.map(record.count)
        for (key, value) in record.sorted(by: { $0.key < $1.key }) {
            encoder.text(key)
            encoder.text(String(value.prefix(Self.longestValue)))
        }
        bytes = encoder.bytes
    }
}
