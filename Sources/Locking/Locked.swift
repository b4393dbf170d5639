import Synchronization

/// A value that one thread at a time reads or changes.
///
/// It is `Synchronization.Mutex` with its calls kept out of line. Inlined into an async function, as
/// Swift 6.3.1 does on Linux, they keep the address of the thread's own id over a suspension: resumed
/// on another thread, the function locks in the name of the first one, and unlocking ends the process
/// with "Call to unlock Mutex on a thread which hasn't acquired the lock". `make lint` sees to it
/// that nobody else imports `Synchronization`.
package struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
    private let mutex: Mutex<Value>

    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` while nobody else does; it must not wait for anything.
    @inline(never)
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}
