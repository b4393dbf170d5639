import SystemPackage

/// A file that many lines are written to, some at a time.
final class LineFile {
    private let path: String
    private let file: FileDescriptor
    private var buffer: [UInt8] = []

    /// How much is gathered before it is written.
    private static let portion = 65_536

    init(_ path: String) throws {
        self.path = path
        file = try FileDescriptor.open(FilePath(path), .writeOnly, options: .closeOnExec)
    }

    /// Adds a line.
    func write(_ line: String) throws {
        buffer += line.utf8
        buffer.append(UInt8(ascii: "\n"))
        if buffer.count >= Self.portion { try flush() }
    }

    /// Writes what is left; to be called before the file is used.
    func close() throws {
        try flush()
        try file.close()
    }

    private func flush() throws {
        do {
            try file.writeAll(buffer)
        } catch {
            throw Failed(path: path, cause: error as? Errno ?? .ioError)
        }
        buffer.removeAll(keepingCapacity: true)
    }

    /// A file that could not be written.
    private struct Failed: Error, CustomStringConvertible {
        let path: String
        let cause: Errno

        var description: String { "write \(path): \(cause)" }
    }
}
