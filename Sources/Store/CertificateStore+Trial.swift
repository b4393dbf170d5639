import Glibc
import SystemPackage

extension CertificateStore {
    /// Writes, flushes and removes a file of no use in a directory where certificates go.
    ///
    /// That proves what permission bits can't: a disk that is full, or fails. The file is one that
    /// `prepare()` removes if this process dies meanwhile. A directory that isn't there yet is only
    /// looked for where it would be made.
    ///
    /// - Parameter directory: The root of a store, or the state directory.
    /// - Returns: How many bytes are free.
    /// - Throws: A `StoreError` that says what kept it from being written.
    @discardableResult
    package static func tryWriting(in directory: FilePath) throws(StoreError) -> UInt64 {
        if let obstacle = obstacle(to: directory) { throw obstacle }
        guard unsafe access(directory.string, F_OK) == 0 else { return try freeBytes(directory) }
        let place = try Directory.open(directory)
        let name = StoreName.Temporary.new.name()
        let path = directory.appending(name)
        let file = try DurableFile.open(name, in: place)
        defer {
            _ = close(file)
            _ = unsafe unlinkat(place.descriptor, name, 0)
        }
        // As much as the files of one version take, several times over.
        let contents = VersionFile.Contents.text(String(repeating: "\n", count: 64 << 10))
        unsafe try contents.withUnsafeBytes { (bytes) throws(StoreError) in
            unsafe try DurableFile.writeAll(bytes, to: file, at: path)
        }
        try DurableFile.flush(file, at: path)
        return try freeBytes(directory)
    }

    /// What is free to this process on the file system of a path, or of what there is above it.
    private static func freeBytes(_ path: FilePath) throws(StoreError) -> UInt64 {
        var place = path
        var facts = statvfs()
        while unsafe statvfs(place.string, &facts) != 0 {
            guard errno == ENOENT, place.removeLastComponent(), !place.isEmpty else {
                throw StoreError("look at", path, Errno(rawValue: errno))
            }
        }
        return UInt64(facts.f_bavail) * UInt64(facts.f_frsize)
    }
}
