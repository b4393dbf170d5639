import Foundation
import Glibc
import SystemPackage

/// Where text goes: results to standard output, the rest to standard error.
enum Output {
    /// Writes a line to standard error, or drops it where that can't be written.
    static func toStandardError(_ line: String) {
        // There is no third place that could be told, and a full disk below a log file must not
        // stop the renewal of certificates.
        try? write(line, to: .standardError)
    }

    /// Writes a line as a whole, whatever the descriptor is.
    ///
    /// Not with `FileHandle.write(_:)`, which ends the process where the descriptor is full or closed.
    private static func write(_ line: String, to descriptor: FileDescriptor) throws(Errno) {
        try write(bytes: line + "\n", to: descriptor)
    }

    private static func write(bytes text: String, to descriptor: FileDescriptor) throws(Errno) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            do {
                let count = unsafe try rest.withUnsafeBytes { unsafe try descriptor.write($0) }
                rest.removeFirst(count)
            } catch Errno.wouldBlock {
                // Whoever shares the pipe may have made it non-blocking; we wait all the same.
                var place = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
                unsafe poll(&place, 1, -1)
            } catch {
                throw error as? Errno ?? .ioError
            }
        }
    }

    /// JSON as it is documented: camelCase, sorted keys, dates in RFC 3339 UTC with seconds.
    static func json(_ value: some Encodable, isPretty: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.dateEncodingStrategy = .iso8601
        // Our own values hold nothing that JSON can't say (no infinities), so this can't fail.
        let data = (try? encoder.encode(value)) ?? Data("null".utf8)
        return String(decoding: data, as: UTF8.self)
    }

    /// Prints JSON, or what `text` makes for people.
    ///
    /// - Throws: ``OutputError`` when not all of it could be written.
    static func print(
        _ value: some Encodable,
        asJSON: Bool,
        text: () -> String
    ) throws(OutputError) {
        let output = asJSON ? json(value) : text()
        if !output.isEmpty { try print(output) }
    }

    /// Prints a result for people.
    ///
    /// Not with `Swift.print`, whose buffer is written at the exit, where its loss is no error.
    static func print(_ text: String) throws(OutputError) {
        do throws(Errno) {
            try write(text, to: .standardOutput)
        } catch {
            throw OutputError(cause: error)
        }
    }

    /// Writes a part of a long result, without a line feed of its own.
    static func write(_ part: String) throws(OutputError) {
        do throws(Errno) {
            try write(bytes: part, to: .standardOutput)
        } catch {
            throw OutputError(cause: error)
        }
    }

    /// Shows on a terminal that long work goes on; elsewhere says nothing.
    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { toStandardError(text) }
    }
}

/// A result that did not reach standard output; a script must not take what it got for all.
struct OutputError: Error, CustomStringConvertible {
    let cause: Errno

    var description: String { "write the result to standard output: \(cause)" }
}
