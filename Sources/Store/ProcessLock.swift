import Glibc
import SystemPackage

/// The leave to change the store, which one process on the host has at a time.
///
/// It is a flock(2) on a file: the kernel gives it back when the process ends, however it ends, so
/// there is no stale lock to clear. The descriptor is close-on-exec, so no hook inherits it.
package struct ProcessLock: ~Copyable {
    private let descriptor: CInt

    /// Whether whoever held the lock last has ended without giving it back.
    package let followsDeath: Bool

    private init(descriptor: CInt) {
        self.descriptor = descriptor
        var facts = stat()
        followsDeath = unsafe fstat(descriptor, &facts) == 0 && facts.st_size > 0
    }

    deinit {
        // The number must not be read as that of a holder once there is none; nor would the next one
        // know that this one came to its end.
        _ = ftruncate(descriptor, 0)
        _ = close(descriptor)
    }

    /// Waits until the lock is had, or for `limit`.
    ///
    /// The file is 0600: whoever can open it can hold the lock and stop every deployment.
    ///
    /// - Parameters:
    ///   - path: The lock file, made where it is missing; it stays there for ever.
    ///   - limit: How long to wait; zero tries once. A cancelled task stops waiting.
    /// - Returns: The lock, given back when the value goes away.
    /// - Throws: `held` when the time is up, `failed` when the file can't be used.
    package static func acquire(
        at path: FilePath,
        within limit: Duration
    ) async throws(LockError) -> ProcessLock {
        let end = ContinuousClock.now + limit
        var pause = Duration.milliseconds(5)
        while true {
            if let lock = try tryOnce(at: path) { return lock }
            guard ContinuousClock.now < end else { throw .held(by: holder(at: path)) }
            do {
                try await Task.sleep(for: min(pause, end - .now))
            } catch {
                throw .held(by: holder(at: path))
            }
            // A waiting command should start soon after the holder ends, yet not spin for minutes.
            pause = min(pause * 2, .milliseconds(200))
        }
    }

    /// Gives the lock back here, where the code says so, and not where the compiler sees its last use.
    package consuming func release() {}

    /// Takes the lock if it is free now.
    private static func tryOnce(at path: FilePath) throws(LockError) -> ProcessLock? {
        while true {
            let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
            let descriptor = unsafe open(path.string, flags, 0o600)
            guard descriptor >= 0 else {
                throw .failed(StoreError("open lock", path, Errno(rawValue: errno)))
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error = Errno(rawValue: errno)
                _ = close(descriptor)
                if error == .wouldBlock || error == .interrupted { return nil }
                throw .failed(StoreError("lock", path, error))
            }
            let lock = ProcessLock(descriptor: descriptor)
            // Somebody may have removed the file while we opened it; that lock would exclude nobody.
            guard lock.isOn(path) else { continue }
            lock.writeHolder()
            return lock
        }
    }

    /// Whether the path still names the file that is locked; where it was removed, others can have
    /// a lock of their own.
    package func isOn(_ path: FilePath) -> Bool {
        var held = stat()
        var named = stat()
        return unsafe fstat(descriptor, &held) == 0 && lstat(path.string, &named) == 0
            && held.st_dev == named.st_dev && held.st_ino == named.st_ino
    }

    /// Notes our process number for the messages of those who wait, and for who comes after our
    /// death; the lock holds without it.
    private func writeHolder() {
        let text = Array("\(getpid())\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    }

    static func holder(at path: FilePath) -> Int32? {
        let descriptor = unsafe open(path.string, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var text = [UInt8](repeating: 0, count: 16)
        let count = unsafe text.withUnsafeMutableBytes { bytes in
            unsafe read(descriptor, bytes.baseAddress, bytes.count)
        }
        guard count > 0 else { return nil }
        return Int32(String(decoding: text[..<count].prefix { $0 != 10 }, as: UTF8.self))
    }
}
