import Glibc
import SystemPackage

/// Writes a file as a test means it: its directories made, its mode set past the umask.
package func writeFile(_ path: FilePath, _ text: String, mode: mode_t = 0o644) throws {
    try writeFile(path, bytes: Array(text.utf8), mode: mode)
}

/// Writes a file of any bytes, as `writeFile(_:_:mode:)` does.
package func writeFile(_ path: FilePath, bytes: [UInt8], mode: mode_t = 0o644) throws {
    try makeDirectories(path.removingLastComponent())
    let file = try FileDescriptor.open(
        path,
        .writeOnly,
        options: [.create, .truncate, .closeOnExec],
        permissions: [.ownerReadWrite]
    )
    try file.closeAfter {
        _ = try file.writeAll(bytes)
        guard fchmod(file.rawValue, mode) == 0 else { throw Errno(rawValue: errno) }
    }
}

/// Makes a directory and those above it that are missing, each 0755.
package func makeDirectories(_ path: FilePath) throws {
    guard !path.isEmpty, unsafe access(path.string, F_OK) != 0 else { return }
    try makeDirectories(path.removingLastComponent())
    guard unsafe mkdir(path.string, 0o755) == 0 || errno == EEXIST,
        unsafe chmod(path.string, 0o755) == 0
    else { throw Errno(rawValue: errno) }
}

/// The whole content of a file.
package func readFile(_ path: FilePath) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    return try file.closeAfter {
        var content: [UInt8] = []
        while true {
            let chunk = unsafe try [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                count = unsafe try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if chunk.isEmpty { return content }
            content += chunk
        }
    }
}

/// The content of a file as text; what is not UTF-8 shows as U+FFFD.
package func readText(_ path: FilePath) throws -> String {
    String(decoding: try readFile(path), as: UTF8.self)
}

/// What `lstat(2)` says of a path; nil when there is nothing.
package func facts(of path: FilePath) -> stat? {
    var facts = stat()
    return unsafe lstat(path.string, &facts) == 0 ? facts : nil
}

/// The permission bits of a path, symlinks not followed; nil when there is nothing.
package func mode(of path: FilePath) -> mode_t? {
    facts(of: path).map { $0.st_mode & 0o7777 }
}

/// Makes a symlink.
package func makeSymlink(_ path: FilePath, to target: String) throws {
    guard unsafe symlink(target, path.string) == 0 else { throw Errno(rawValue: errno) }
}
