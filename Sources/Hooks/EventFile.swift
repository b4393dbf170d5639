import CLinux
import Glibc
import SystemPackage

/// A file in memory that a hook has as its stdin.
///
/// A pipe would need someone to write it while the hook runs, could block when a hook doesn't
/// read, and would raise SIGPIPE in the agent when the hook has gone. A file has none of that.
enum EventFile {
    /// A close-on-exec descriptor that reads `bytes` from their beginning; the caller closes it.
    static func make(_ bytes: [UInt8]) throws(Errno) -> FileDescriptor {
        let MFD_CLOEXEC: CUnsignedInt = 1
        let MFD_NOEXEC_SEAL: CUnsignedInt = 8
        // Hosts with vm.memfd_noexec=2 insist on the second flag, kernels before 6.3 don't know it.
        var raw = unsafe kv_memory_file("kvagent-event", MFD_CLOEXEC | MFD_NOEXEC_SEAL)
        if raw < 0 && errno == EINVAL { raw = unsafe kv_memory_file("kvagent-event", MFD_CLOEXEC) }
        guard raw >= 0 else { throw Errno(rawValue: errno) }
        let file = FileDescriptor(rawValue: raw)
        do {
            _ = try file.writeAll(bytes)
            _ = try file.seek(offset: 0, from: .start)
        } catch {
            _ = close(raw)
            throw error as? Errno ?? .ioError
        }
        return file
    }
}
