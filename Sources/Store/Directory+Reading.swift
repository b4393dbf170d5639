import Glibc
import Sensitive
import SystemPackage

extension Directory {
    /// No file of the store is near this; what is larger is not ours to take into memory.
    static let largestFile = 1 << 20

    /// Whether `name` is a regular file of a size that the store would write.
    func isRegularFile(_ name: String) throws(StoreError) -> Bool {
        var facts = stat()
        guard unsafe fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return false }
            throw StoreError("look at", path.appending(name), Errno(rawValue: errno))
        }
        return facts.st_mode & S_IFMT == S_IFREG && facts.st_size <= Self.largestFile
    }

    /// Opens a file that is no symlink; the caller closes it.
    ///
    /// - Returns: The descriptor; nil when there is none of this name.
    /// - Throws: A `StoreError`, for a symlink, too.
    func openForReading(_ name: String) throws(StoreError) -> CInt? {
        // O_NONBLOCK: opening a pipe that someone has put there must not wait for its writer.
        let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = unsafe openat(descriptor, name, flags)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError("open", path.appending(name), Errno(rawValue: errno))
        }
        return file
    }

    /// What is known of an open file.
    static func facts(of file: CInt, at path: FilePath) throws(StoreError) -> stat {
        var facts = stat()
        guard unsafe fstat(file, &facts) == 0 else {
            throw StoreError("look at", path, Errno(rawValue: errno))
        }
        return facts
    }

    /// The content of a file; nil when there is none of this name.
    func read(_ name: String) throws(StoreError) -> SensitiveBytes? {
        guard let file = try openForReading(name) else { return nil }
        defer { _ = close(file) }
        let path = path.appending(name)
        return try read(file, Self.facts(of: file, at: path), at: path)
    }

    /// The content of an open file.
    func read(_ file: CInt, _ facts: stat, at path: FilePath) throws(StoreError) -> SensitiveBytes {
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw StoreError(operation: "read", path: path.string, cause: "is not a regular file")
        }
        guard facts.st_size <= Self.largestFile else {
            throw StoreError(operation: "read", path: path.string, cause: "is larger than 1 MiB")
        }
        let size = Int(facts.st_size)
        return unsafe try SensitiveBytes(capacity: size) { (buffer) throws(StoreError) in
            unsafe try Self.fill(buffer, from: file, at: path)
        }
    }

    /// Reads until the buffer is full or the file ends.
    private static func fill(
        _ buffer: UnsafeMutableRawBufferPointer,
        from file: CInt,
        at path: FilePath
    ) throws(StoreError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
            let count = unsafe Glibc.read(file, rest.baseAddress, rest.count)
            if count == 0 { break }
            if count > 0 {
                filled += count
            } else if errno != EINTR {
                throw StoreError("read", path, Errno(rawValue: errno))
            }
        }
        return filled
    }
}
