import CLinux
import Glibc
import SystemPackage

/// The Linux calls that Swift's Glibc module leaves out, with Swift's own errors.
enum LinuxCalls {
    /// Swaps two names of one directory in one step; both must exist.
    static func exchange(_ one: String, _ other: String, in directory: CInt) throws(Errno) {
        guard unsafe kv_exchange(directory, one, other) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    /// The number of the kind of filesystem that an open file is on, as statfs(2) lists them.
    static func filesystemKind(of file: CInt) -> Int { kv_filesystem_kind(file) }

    /// Sets an extended attribute of an open file, whatever it had.
    static func setAttribute(_ name: String, to value: [UInt8], of file: CInt) throws(Errno) {
        let result = unsafe value.withUnsafeBytes { bytes -> CInt in
            // An empty value still needs an address.
            guard let address = bytes.baseAddress else {
                return unsafe fsetxattr(file, name, name, 0, 0)
            }
            return unsafe fsetxattr(file, name, address, bytes.count, 0)
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    /// An extended attribute of an open file; nil when it has none or the filesystem keeps none.
    static func attribute(_ name: String, of file: CInt) throws(Errno) -> [UInt8]? {
        unsafe try value { buffer in unsafe fgetxattr(file, name, buffer.baseAddress, buffer.count)
        }
    }

    /// An extended attribute of a file that need not be readable, and not of what a link leads to;
    /// nil when it has none or the filesystem keeps none.
    static func attribute(_ name: String, at path: FilePath) throws(Errno) -> [UInt8]? {
        unsafe try value { buffer in
            unsafe lgetxattr(path.string, name, buffer.baseAddress, buffer.count)
        }
    }

    /// What `read` puts into a buffer, in as many bytes as it returns.
    ///
    /// Nearly every file has no such attribute at all, and an ACL that doesn't fit into the first
    /// buffer has more than a hundred entries. The second has the kernel's own limit for one value
    /// (XATTR_SIZE_MAX).
    private static func value(
        _ read: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(Errno) -> [UInt8]? {
        var failure = Errno(rawValue: ERANGE)
        for size in [1024, 65_536] where failure.rawValue == ERANGE {
            var value = [UInt8](repeating: 0, count: size)
            let count = unsafe value.withUnsafeMutableBytes { unsafe read($0) }
            failure = Errno(rawValue: errno)
            if count >= 0 { return Array(value[..<count]) }
        }
        if failure.rawValue == ENODATA || failure.rawValue == ENOTSUP { return nil }
        throw failure
    }

    /// Takes an extended attribute off an open file; one that is not there is no error.
    static func removeAttribute(_ name: String, of file: CInt) throws(Errno) {
        guard unsafe fremovexattr(file, name) == 0 || errno == ENODATA || errno == ENOTSUP else {
            throw Errno(rawValue: errno)
        }
    }
}
