import Glibc
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("The journal")
struct JournalTests {
    /// The fields of an entry, decoded as systemd does.
    private func fields(_ bytes: [UInt8]) throws -> [String: String] {
        var fields: [String: String] = [:]
        var rest = bytes[...]
        while let end = rest.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == 10 }) {
            let name = String(decoding: rest[..<end], as: UTF8.self)
            let isBinary = rest[end] == 10
            rest = rest[(end + 1)...]
            let length: Int
            if isBinary {
                length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
                rest = rest.dropFirst(8)
            } else {
                length = try #require(rest.firstIndex(of: 10)) - rest.startIndex
            }
            fields[name] = String(decoding: rest.prefix(length), as: UTF8.self)
            #expect(rest.dropFirst(length).first == 10)
            rest = rest.dropFirst(length + 1)
        }
        #expect(rest.isEmpty)
        return fields
    }

    @Test("A message has its phrase and values to read, and each value as a field")
    func entry() throws {
        let entry = JournalEntry(
            level: .error,
            message: .notable(.rejected),
            metadata: [
                "certificate": "web", "previousVersion": "8f0c", "error": "no key", "hint": "",
            ]
        )
        #expect(
            try fields(entry.bytes) == [
                "MESSAGE":
                    #"certificate rejected certificate=web error="no key" previousVersion=8f0c"#,
                "PRIORITY": "3",
                "SYSLOG_IDENTIFIER": "kvagent",
                "MESSAGE_ID": "a9878ed850684e68ae3a91abe691aa4e",
                "KVAGENT_CERTIFICATE": "web",
                "KVAGENT_PREVIOUS_VERSION": "8f0c",
                "KVAGENT_ERROR": "no key",
            ]
        )
    }

    @Test("A value with lines of its own stays whole and begins no field")
    func lines() throws {
        let error = "first\nPRIORITY=0\n"
        let found = try fields(
            JournalEntry(level: .info, message: "done", metadata: ["error": "\(error)"]).bytes
        )
        #expect(found["KVAGENT_ERROR"] == error)
        #expect(found["PRIORITY"] == "6" && found["MESSAGE_ID"] == nil)
        #expect(found["MESSAGE"]?.contains("\n") == false)
    }

    @Test("What is too long is cut between characters, and fits a datagram")
    func long() throws {
        let value = String(repeating: "ä", count: 10_000)
        var metadata: Logger.Metadata = [:]
        for index in 0..<100 { metadata["key\(index)"] = "\(value)" }
        let bytes = JournalEntry(level: .info, message: "done", metadata: metadata).bytes
        #expect(bytes.count < 208 << 10)
        let found = try fields(bytes)
        #expect(found.count == 3 + JournalEntry.mostFields)
        for (name, text) in found where name.hasPrefix("KVAGENT_") {
            #expect(text.hasSuffix("ä…") && text.utf8.count <= JournalEntry.longestValue)
        }
    }

    @Test(
        "A key becomes a field's name, or none",
        arguments: [
            ("certificate", "KVAGENT_CERTIFICATE"), ("previousVersion", "KVAGENT_PREVIOUS_VERSION"),
            ("run-id", "KVAGENT_RUN_ID"), ("a=b", nil), ("", nil),
        ] as [(String, String?)]
    )
    func names(key: String, name: String?) {
        #expect(JournalEntry.fieldName(key) == name)
    }

    @Test("Each notable message has an id of its own: 128 bits in hexadecimal")
    func ids() {
        let ids = NotableMessage.allCases.map(\.id)
        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(id.count == 32 && id.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        }
    }

    @Test("The documentation has each notable message with its id")
    func documented() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent()
        let text = try readText(root.appending("docs/logging.md"))
        for message in NotableMessage.allCases {
            let row = text.split(separator: "\n").first { $0.contains("`\(message.id)` |") }
            #expect(row?.hasPrefix("| \(message.rawValue) |") == true)
        }
    }

    @Test("The descriptor must be the very one that JOURNAL_STREAM names")
    func stream() throws {
        try withTemporaryDirectory { directory in
            try writeFile(directory.appending("log"), "")
            let file = try FileDescriptor.open(directory.appending("log"), .writeOnly)
            let log = try #require(facts(of: directory.appending("log")))
            let stream = "\(log.st_dev):\(log.st_ino)"
            #expect(Journal.receives(file.rawValue, stream: stream))
            #expect(!Journal.receives(file.rawValue, stream: "1:2"))
            #expect(!Journal.receives(file.rawValue, stream: nil))
            try file.close()
            #expect(!Journal.receives(file.rawValue, stream: stream))
        }
    }

    /// Keeps what it is given.
    private struct Keeper: LogHandler {
        let file: FilePath
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            // A failure shows as a missing file.
            try? writeFile(file, LogLine.text(event.message, event.metadata ?? [:]))
        }
    }

    @Test("Messages go to the journal's socket, and to standard error when nobody listens")
    func fallback() throws {
        try withTemporaryDirectory { directory in
            let socket = directory.appending("socket")
            let kept = directory.appending("kept")
            let logger = Logger(label: "test") { _ in
                JournalLogHandler(Journal(socket: socket.string), fallback: Keeper(file: kept))
            }
            logger.notice("certificate deployed", metadata: ["certificate": "web"])
            #expect(try readText(kept) == "certificate deployed certificate=web")
            removeTree(kept)
            let journal = try DatagramListener(at: socket)
            logger.notice("certificate deployed", metadata: ["certificate": "web"])
            let entries = journal.datagrams()
            #expect(entries.count == 1 && facts(of: kept) == nil)
            let found = try fields(entries.first ?? [])
            #expect(found["MESSAGE_ID"] == NotableMessage.deployed.id)
            #expect(found["KVAGENT_CERTIFICATE"] == "web")
        }
    }
}
