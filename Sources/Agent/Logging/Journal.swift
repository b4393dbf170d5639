import Glibc
import Logging

/// The system's journal.
package struct Journal: Sendable {
    private let socket: LocalDatagram

    /// - Parameter socket: Where it listens.
    package init(socket: String = "/run/systemd/journal/socket") {
        self.socket = LocalDatagram(path: socket)
    }

    /// Hands an entry over.
    ///
    /// - Returns: Whether the journal took it.
    func write(_ entry: JournalEntry) -> Bool {
        socket.send(entry.bytes)
    }

    /// Whether a descriptor leads to the journal: `$JOURNAL_STREAM` names its device and inode
    /// (systemd.exec(5)).
    ///
    /// The variable alone says nothing, for whoever redirects the descriptor
    /// passes it on.
    package static func receives(
        _ descriptor: Int32 = STDERR_FILENO,
        stream: String? = unsafe getenv("JOURNAL_STREAM").map { unsafe String(cString: $0) }
    ) -> Bool {
        var facts = stat()
        guard let stream, unsafe fstat(descriptor, &facts) == 0 else { return false }
        return stream == "\(facts.st_dev):\(facts.st_ino)"
    }
}

/// Writes log messages to the journal, each value a field of its own.
package struct JournalLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level

    private let journal: Journal
    private let fallback: any LogHandler

    /// - Parameters:
    ///   - journal: Where to write.
    ///   - fallback: Takes what the journal doesn't.
    package init(_ journal: Journal, fallback: any LogHandler) {
        self.journal = journal
        self.fallback = fallback
        logLevel = fallback.logLevel
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
        let entry = JournalEntry(level: event.level, message: event.message, metadata: values)
        guard !journal.write(entry) else { return }
        var event = event
        event.metadata = values
        fallback.log(event: event)
    }
}
