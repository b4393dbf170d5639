import Glibc
import SystemPackage

extension ProcessLock {
    /// The process that holds the lock; nil when none does, or when its file may not be read.
    ///
    /// Looking takes the lock for an instant, shared with others who look, so whoever acquires it
    /// meanwhile should wait a moment rather than try once.
    package static func currentHolder(at path: FilePath) -> Int32? {
        let descriptor = unsafe open(path.string, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return holder(at: path)
    }
}

extension LockError {
    /// Whether somebody else has the lock, which is no fault.
    package var isHeld: Bool {
        if case .held = self { true } else { false }
    }

    /// What to do about it.
    package var hint: String? {
        switch self {
        case .held: "try again when it is done"
        case .failed(let error): error.hint
        }
    }
}
