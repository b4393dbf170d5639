import Glibc

/// The hold of one emulator on its state folder; the kernel lets go of it when the process dies.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or tells that another emulator has it.
    init(in folder: StateFolder) throws(EmulatorError) {
        let path = folder.path + "/lock"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open \(path)") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let isHeld = errno == EWOULDBLOCK
            let error = EmulatorError.system("lock \(path)")
            close(descriptor)
            throw isHeld
                ? EmulatorError("lock \(path): another emulator uses this state folder")
                : error
        }
    }

    deinit {
        close(descriptor)
    }
}
