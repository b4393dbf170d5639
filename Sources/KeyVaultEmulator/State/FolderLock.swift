import Glibc

/// The hold of one emulator on its state folder; the kernel lets go of it when the process dies.
final class FolderLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or tells that another emulator has it.
    init(in folder: StateFolder) throws(EmulatorError) {
        let path = folder.path + "/lock"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system("open \(path)") }
        // A child that was being started when the last holder let go has a copy of its descriptor
        // until it has executed its program, so "held" is believed only when it lasts.
        var tries = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK, tries < 200 {
            usleep(5000)
            tries += 1
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            // The descriptor is `deinit`'s to close: it runs for a throw from here, too.
            throw errno == EWOULDBLOCK
                ? EmulatorError("lock \(path): another emulator uses this state folder")
                : .system("lock \(path)")
        }
    }

    deinit {
        close(descriptor)
    }
}
