import Glibc
import Sensitive
import SystemPackage

/// The one way in which a file gets on the disk: whole and flushed, or not at all.
package enum DurableFile {
    /// Writes a file that is not there yet into `directory`, and flushes it.
    ///
    /// It is 0600 and ours until owner, ACL and mode are on it. An error removes it again. The
    /// name itself is only durable once the directory has been flushed.
    static func create(
        _ file: VersionFile,
        in directory: borrowing Directory,
        access: ResolvedAccess
    ) throws(StoreError) {
        try create(file.name, in: directory, file.contents) {
            (descriptor, path) throws(StoreError) in
            try access.apply(to: descriptor, isSecret: file.isSecret, at: path)
        }
    }

    /// Replaces the file at `path`, or makes it, with one rename; a reader sees the old or the new.
    ///
    /// For files beside the certificates. Its directory must exist; nothing in it may be renamed
    /// by another user, or the caller must not mind. What lies there must be a regular file.
    ///
    /// - Parameters:
    ///   - path: Where the file goes.
    ///   - text: What it holds.
    ///   - mode: Its permission bits, whatever the umask.
    /// - Throws: A `StoreError`; the old file is then as it was.
    package static func replace(
        _ path: FilePath,
        with text: String,
        mode: UInt16 = 0o644
    ) throws(StoreError) {
        guard let name = path.lastComponent?.string else {
            throw StoreError("write", path, .invalidArgument)
        }
        let parent = path.removingLastComponent()
        let directory = try Directory.open(parent.isEmpty ? "." : parent)
        try replace(name, in: directory, with: text, mode: mode_t(mode))
    }

    /// As `replace(_:with:mode:)`, in a directory that is open.
    static func replace(
        _ name: String,
        in directory: borrowing Directory,
        with text: String,
        mode: mode_t
    ) throws(StoreError) {
        let temporary = StoreName.Temporary.new.name()
        try create(temporary, in: directory, .text(text)) { (descriptor, path) throws(StoreError) in
            guard fchmod(descriptor, mode) == 0 else {
                throw StoreError("set mode of", path, Errno(rawValue: errno))
            }
        }
        do {
            try directory.rename(temporary, to: name)
        } catch {
            _ = unsafe unlinkat(directory.descriptor, temporary, 0)
            throw error
        }
        try directory.sync()
    }

    /// Creates, lets `prepare` set the access, writes, flushes; removes the file on every error.
    private static func create(
        _ name: String,
        in directory: borrowing Directory,
        _ contents: VersionFile.Contents,
        prepare: (CInt, FilePath) throws(StoreError) -> Void
    ) throws(StoreError) {
        let path = directory.path.appending(name)
        let file = try open(name, in: directory)
        defer {
            // The data has been flushed by now, or the file is being given up.
            _ = close(file)
        }
        do throws(StoreError) {
            try prepare(file, path)
            unsafe try contents.withUnsafeBytes { (bytes) throws(StoreError) in
                unsafe try writeAll(bytes, to: file, at: path)
            }
            try flush(file, at: path)
        } catch {
            _ = unsafe unlinkat(directory.descriptor, name, 0)
            throw error
        }
    }

    /// Opens a file that is not there yet, for us alone.
    static func open(
        _ name: String,
        in directory: borrowing Directory
    ) throws(StoreError) -> CInt {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(directory.descriptor, name, flags, 0o600)
        guard file >= 0 else {
            throw StoreError("create", directory.path.appending(name), Errno(rawValue: errno))
        }
        return file
    }

    /// Brings what was written to the disk.
    static func flush(_ file: CInt, at path: FilePath) throws(StoreError) {
        // Once fsync has failed the kernel may call the lost pages clean, so there is no second try.
        while fsync(file) != 0 {
            if errno != EINTR { throw StoreError("flush", path, Errno(rawValue: errno)) }
        }
    }

    /// Writes every byte: write(2) may take fewer than it was given, most of all on a full disk.
    static func writeAll(
        _ bytes: UnsafeRawBufferPointer,
        to file: CInt,
        at path: FilePath
    ) throws(StoreError) {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let count = unsafe write(
                file,
                UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                rest.count
            )
            if count > 0 {
                unsafe rest = rest.dropFirst(count)
            } else if count == 0 {
                throw StoreError("write", path, .ioError)
            } else if errno != EINTR {
                throw StoreError("write", path, Errno(rawValue: errno))
            }
        }
    }
}
