import Glibc
import SystemPackage

/// Runs `body` with a new, empty directory of mode 0755, which is gone with all it holds afterwards.
///
/// Its parents are writable by root or the tests' own user only, unless `$TMPDIR` says otherwise:
/// hooks below a directory such as `/tmp` are refused.
@discardableResult
package func withTemporaryDirectory<Result>(
    _ body: (FilePath) async throws -> Result
) async throws -> Result {
    let directory = try makeTemporaryDirectory()
    defer { removeTree(directory) }
    return try await body(directory)
}

/// As `withTemporaryDirectory(_:)`, for a test that waits for nothing.
@discardableResult
package func withTemporaryDirectory<Result>(
    _ body: (FilePath) throws -> Result
) throws -> Result {
    let directory = try makeTemporaryDirectory()
    defer { removeTree(directory) }
    return try body(directory)
}

/// A new directory where `temporaryRoot` says.
private func makeTemporaryDirectory() throws -> FilePath {
    let parent = temporaryRoot
    for _ in 0..<100 {
        let suffix = String(UInt64.random(in: .min ... .max), radix: 36)
        let path = FilePath(parent).appending("kvagent-test-\(suffix)")
        if unsafe mkdir(path.string, 0o755) == 0 {
            // mkdir(2) takes the umask off; a test means the mode that it asked for.
            guard unsafe chmod(path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
            return path
        }
        guard errno == EEXIST else { throw Errno(rawValue: errno) }
    }
    throw Errno.fileExists
}

/// Removes a tree without following symlinks; what cannot be removed stays.
package func removeTree(_ path: FilePath) {
    var facts = stat()
    guard unsafe lstat(path.string, &facts) == 0 else { return }
    guard facts.st_mode & S_IFMT == S_IFDIR else {
        _ = unsafe unlink(path.string)
        return
    }
    for name in (try? names(in: path)) ?? [] { removeTree(path.appending(name)) }
    _ = unsafe rmdir(path.string)
}

/// The names in a directory, sorted, without `.` and `..`.
package func names(in directory: FilePath) throws -> [String] {
    guard let stream = unsafe opendir(directory.string) else { throw Errno(rawValue: errno) }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
            unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                unsafe String(cString: text)
            }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}

/// `$TMPDIR`; else a place that others can read but not write to.
private var temporaryRoot: String {
    if let directory = unsafe getenv("TMPDIR") { return unsafe String(cString: directory) }
    if getuid() == 0 { return "/var/cache" }
    return unsafe getenv("HOME").map { unsafe String(cString: $0) } ?? "/tmp"
}
