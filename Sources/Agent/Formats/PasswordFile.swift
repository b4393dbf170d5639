import Glibc
import Sensitive
import Store
import SystemPackage

/// A file that holds a password and nothing else.
struct PasswordFile {
    /// More is no password, but some other file.
    static let largest = 4096

    let path: FilePath

    /// Reads the password, without the one line end that editors and `echo` put behind it.
    ///
    /// - Throws: A `StoreError` that names the file and what to do about it.
    func read() throws(StoreError) -> SensitiveBytes {
        // O_NONBLOCK: opening a pipe must not wait for its writer.
        let file = unsafe open(path.string, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw unreadable(Errno(rawValue: errno)) }
        defer { _ = close(file) }
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0 else { throw unreadable(Errno(rawValue: errno)) }
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw error("is not a regular file", "name a file that holds the password alone")
        }
        guard facts.st_mode & 0o006 == 0 else {
            let what = facts.st_mode & 0o004 != 0 ? "readable" : "writable"
            throw error("is \(what) by everybody", "chmod o= \(path)")
        }
        let text = unsafe try SensitiveBytes(capacity: Self.largest + 1) {
            (buffer) throws(StoreError) in
            unsafe try fill(buffer, from: file)
        }
        guard text.count <= Self.largest else {
            throw error(
                "is larger than \(Self.largest) bytes",
                "name a file that holds the password alone"
            )
        }
        return try password(in: text)
    }

    private func password(in text: SensitiveBytes) throws(StoreError) -> SensitiveBytes {
        let password = unsafe text.withUnsafeBytes { bytes in
            let hasEnd = unsafe bytes.last == UInt8(ascii: "\n")
            return unsafe SensitiveBytes(copying: bytes.dropLast(hasEnd ? 1 : 0))
        }
        guard password.count > 0 else {
            throw error("is empty", "write the password into it, or leave passwordFile out")
        }
        guard password.withBytes(Self.isText) else {
            throw error("is not UTF-8", "write the password as UTF-8")
        }
        let isPlain = password.withBytes { bytes in
            bytes.indices.allSatisfy { bytes[$0] >= 0x20 && bytes[$0] != 0x7F }
        }
        guard isPlain else {
            throw error(
                "holds a control character",
                "write the password as one line; a Windows editor may have left a carriage return"
            )
        }
        return password
    }

    /// Whether the bytes are UTF-8, found out without a copy that nobody would wipe.
    private static func isText(_ bytes: Span<UInt8>) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes)
            return true
        } catch {
            return false
        }
    }

    private func fill(
        _ buffer: UnsafeMutableRawBufferPointer,
        from file: CInt
    ) throws(StoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe Glibc.read(file, rest.baseAddress, rest.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(Errno(rawValue: errno)) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    private func unreadable(_ errno: Errno) -> StoreError {
        let mend =
            switch errno {
            case .noSuchFileOrDirectory: "write the password into it, mode 0600"
            case .permissionDenied, .notPermitted:
                "let the user that the agent runs as read it, and nobody else"
            default: "name a readable file in pkcs12.passwordFile"
            }
        return error(errno.description, mend)
    }

    private func error(_ cause: String, _ mend: String) -> StoreError {
        StoreError(operation: "read password", path: path.string, cause: cause, hint: mend)
    }
}
