import Glibc
import SystemPackage

/// The Linux calls that Swift's Glibc module leaves out, since it is built without `_GNU_SOURCE`.
///
/// They are found in the C library by name, once; a library without one of them answers ENOSYS.
enum LinuxCalls {
    private typealias RenameAt2 =
        @convention(c) (CInt, UnsafePointer<CChar>, CInt, UnsafePointer<CChar>, CUnsignedInt) ->
        CInt
    private typealias SetAttribute =
        @convention(c) (CInt, UnsafePointer<CChar>, UnsafeRawPointer, Int, CInt) -> CInt
    private typealias GetAttribute =
        @convention(c) (CInt, UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
    private typealias RemoveAttribute = @convention(c) (CInt, UnsafePointer<CChar>) -> CInt

    // The types are those of renameat2(2), fsetxattr(2), fgetxattr(2) and fremovexattr(2).
    private static let renameAt2 = unsafe dlsym(nil, "renameat2").map {
        unsafe unsafeBitCast($0, to: RenameAt2.self)
    }
    private static let setAttribute = unsafe dlsym(nil, "fsetxattr").map {
        unsafe unsafeBitCast($0, to: SetAttribute.self)
    }
    private static let getAttribute = unsafe dlsym(nil, "fgetxattr").map {
        unsafe unsafeBitCast($0, to: GetAttribute.self)
    }
    private static let removeAttribute = unsafe dlsym(nil, "fremovexattr").map {
        unsafe unsafeBitCast($0, to: RemoveAttribute.self)
    }

    /// Swaps two names of one directory in one step; both must exist.
    static func exchange(_ one: String, _ other: String, in directory: CInt) throws(Errno) {
        guard let call = unsafe renameAt2 else { throw .noFunction }
        let RENAME_EXCHANGE: CUnsignedInt = 2
        guard unsafe call(directory, one, directory, other, RENAME_EXCHANGE) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    /// Sets an extended attribute of an open file, whatever it had.
    static func setAttribute(_ name: String, to value: [UInt8], of file: CInt) throws(Errno) {
        guard let call = unsafe setAttribute else { throw .noFunction }
        let result = unsafe value.withUnsafeBytes { bytes -> CInt in
            // An empty value still needs an address.
            guard let address = bytes.baseAddress else {
                return unsafe call(file, name, name, 0, 0)
            }
            return unsafe call(file, name, address, bytes.count, 0)
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
    }

    /// An extended attribute of an open file; nil when it has none or the filesystem keeps none.
    static func attribute(_ name: String, of file: CInt) throws(Errno) -> [UInt8]? {
        guard let call = unsafe getAttribute else { throw .noFunction }
        // The kernel's own limit for one value is 64 KiB (XATTR_SIZE_MAX).
        var value = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe value.withUnsafeMutableBytes { buffer in
            unsafe call(file, name, buffer.baseAddress, buffer.count)
        }
        if count >= 0 { return Array(value[..<count]) }
        guard errno == ENODATA || errno == ENOTSUP else { throw Errno(rawValue: errno) }
        return nil
    }

    /// Takes an extended attribute off an open file; one that is not there is no error.
    static func removeAttribute(_ name: String, of file: CInt) throws(Errno) {
        guard let call = unsafe removeAttribute else { throw .noFunction }
        guard unsafe call(file, name) == 0 || errno == ENODATA || errno == ENOTSUP else {
            throw Errno(rawValue: errno)
        }
    }
}
