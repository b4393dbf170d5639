import Glibc
import SystemPackage

extension DurableFile {
    /// Replaces a file of any length, or makes it, piece by piece and with one rename at the end.
    ///
    /// For what a person wants written somewhere, so the directory may be anybody's, `/tmp` too;
    /// who may rename files in it can also replace this one. What lies there must be a regular
    /// file: a device or a link is never replaced by one.
    ///
    /// - Parameters:
    ///   - path: Where the file goes.
    ///   - mode: Its permission bits, whatever the umask.
    ///   - body: Hands over the pieces in their order.
    /// - Throws: A `StoreError`, and what `body` throws; the old file is then as it was.
    package static func replace(
        _ path: FilePath,
        mode: UInt16,
        writing body: (_ write: (String) throws(StoreError) -> Void) throws -> Void
    ) throws {
        guard let name = path.lastComponent?.string, name != ".", name != ".." else {
            throw StoreError("write", path, .isDirectory)
        }
        try refuseOtherThanFile(path)
        let parent = path.removingLastComponent()
        let directory = try Directory.open(parent.isEmpty ? "." : parent, isOurs: false)
        let temporary = StoreName.Temporary.new.name()
        let file = try open(temporary, in: directory)
        defer {
            // The data has been flushed by now, or the file is being given up.
            _ = close(file)
        }
        do {
            guard fchmod(file, mode_t(mode)) == 0 else {
                throw StoreError("set mode of", path, Errno(rawValue: errno))
            }
            try body { (text) throws(StoreError) in
                unsafe try VersionFile.Contents.text(text).withUnsafeBytes {
                    (bytes) throws(StoreError) in
                    unsafe try writeAll(bytes, to: file, at: path)
                }
            }
            try flush(file, at: path)
            try directory.rename(temporary, to: name)
        } catch {
            _ = unsafe unlinkat(directory.descriptor, temporary, 0)
            throw error
        }
        try directory.sync()
    }

    private static func refuseOtherThanFile(_ path: FilePath) throws(StoreError) {
        var facts = stat()
        guard unsafe lstat(path.string, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG else {
            return
        }
        throw StoreError(
            operation: "replace",
            path: path.string,
            cause: facts.st_mode & S_IFMT == S_IFDIR
                ? "it is a directory" : "it is no regular file",
            hint: "name a file, or one that isn't there yet"
        )
    }
}
