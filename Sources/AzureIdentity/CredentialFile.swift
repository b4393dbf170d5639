import Glibc
import Sensitive

/// A file that holds a secret: read anew at each use, so that a replaced one counts at once.
struct CredentialFile {
    /// Who else may read the file.
    enum Openness {
        /// Nobody that is neither its owner nor of its group.
        case closed
        /// Whoever: another program writes it, and answers for its mode.
        case any
        /// As `any`; a symlink in its place is refused, because a server has named it.
        case anyWithoutLink
    }

    /// Why there is nothing to use in it.
    struct Problem: Error {
        /// After the path: `permission denied`.
        let cause: String
        /// The error of the system call, where one failed.
        var errno: Int32?
        var hint: String?
    }

    let path: String
    var openness = Openness.closed
    /// A larger file is something else, and is not read.
    var limit = 64 << 10

    /// What is in it, without white space at its end.
    func read() throws(Problem) -> SensitiveBytes {
        // A named pipe must not keep us waiting for its writer.
        var flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC
        if openness == .anyWithoutLink { flags |= O_NOFOLLOW }
        let file = unsafe open(path, flags)
        guard file >= 0 else { throw .system(errno) }
        defer { _ = close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0 else { throw .system(errno) }
        guard facts.st_mode & S_IFMT == S_IFREG else { throw Problem(cause: "no regular file") }
        if openness == .closed, facts.st_mode & 0o006 != 0 {
            throw Problem(
                cause: facts.st_mode & 0o004 != 0
                    ? "readable by everybody" : "writable by everybody",
                hint: "chmod o= \(path)"
            )
        }
        guard facts.st_size <= off_t(limit) else { throw tooLarge }
        // One byte more than there may be: the file can have grown since.
        let bytes = unsafe try SensitiveBytes(capacity: limit + 1) { (buffer) throws(Problem) in
            unsafe try fill(buffer, from: file)
        }
        guard bytes.count <= limit else { throw tooLarge }
        let text = bytes.withBytes { span in
            var end = span.count
            while end > 0, [0x20, 0x09, 0x0A, 0x0D].contains(span[end - 1]) { end -= 1 }
            return end
        }
        guard text > 0 else { throw Problem(cause: "empty") }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe SensitiveBytes(copying: bytes.prefix(text))
        }
    }

    private var tooLarge: Problem { Problem(cause: "larger than \(limit) bytes") }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer,
        from file: CInt
    ) throws(Problem) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe Glibc.read(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

extension CredentialFile.Problem {
    static func system(_ number: Int32) -> Self {
        let text = unsafe String(cString: strerror(number)).lowercased()
        return Self(cause: text, errno: number)
    }
}

extension SensitiveBytes {
    /// Whether a header field can carry it as it stands: printable ASCII without a space.
    var isToken: Bool {
        withBytes { span in
            span.indices.allSatisfy { (0x21...0x7E).contains(span[$0]) }
        }
    }

    /// `prefix` and these bytes, in memory that is wiped as well.
    func prefixed(by prefix: String) -> SensitiveBytes {
        let head = Array(prefix.utf8)
        return unsafe SensitiveBytes(capacity: head.count + count) { memory in
            unsafe memory.copyBytes(from: head)
            unsafe withUnsafeBytes { bytes in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[head.count...])
                unsafe rest.copyMemory(from: bytes)
            }
            return memory.count
        }
    }
}
