import Glibc
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("The lock")
struct ProcessLockTests {
    @Test("One holder at a time, who is named to the others, and the next when it ends")
    func exclusion() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            try await hold(path) {
                let error = await #expect(throws: LockError.self) {
                    try await ProcessLock.acquire(at: path, within: .zero).release()
                }
                #expect(error == .held(by: getpid()))
                #expect(error?.description == "another kvagent is at work (process \(getpid()))")
            }
            #expect(try readText(path) == "")
            try await hold(path) {}
            #expect(mode(of: path) == 0o600)
        }
    }

    @Test("Who waits gets it as soon as the holder dies")
    func holderDies() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            let ready = directory.appending("ready")
            let command = ["flock", path.string, "sh", "-c", "touch \(ready); sleep 1000"]
            try await withRunningCommand(command) { process in
                #expect(await waitUntil { facts(of: ready) != nil })
                let error = await #expect(throws: LockError.self) {
                    try await ProcessLock.acquire(at: path, within: .milliseconds(20)).release()
                }
                #expect(error == .held(by: nil))
                async let waiting: Void = hold(path, within: .seconds(30)) {}
                kill(-process, SIGKILL)
                try await waiting
            }
        }
    }

    @Test("Who comes after a holder that was killed is told, and who comes after that one isn't")
    func afterDeath() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            func followsDeath() async throws -> Bool {
                let lock = try await ProcessLock.acquire(at: path, within: .zero)
                let followsDeath = lock.followsDeath
                lock.release()
                return followsDeath
            }
            #expect(try await !followsDeath())
            // What a holder writes and, when killed, leaves.
            try writeFile(path, "4194304\n")
            #expect(try await followsDeath())
            #expect(try await !followsDeath())
        }
    }

    @Test("No child inherits it")
    func closeOnExec() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            try await hold(path) {
                let listing = try await runCommand(["ls", "-l", "/proc/self/fd"])
                #expect(listing.status == 0 && !listing.output.contains(path.string))
            }
        }
    }

    @Test("A cancelled wait ends at once")
    func cancellation() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            try await hold(path) {
                let waiting = Task {
                    do throws(LockError) {
                        try await ProcessLock.acquire(at: path, within: .seconds(3600)).release()
                        return nil as LockError?
                    } catch {
                        return error
                    }
                }
                waiting.cancel()
                #expect(await waiting.value == .held(by: getpid()))
            }
        }
    }

    @Test("A lock file that was removed under its holder excludes nobody, and is made again")
    func removedFile() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("lock")
            try await hold(path) {
                removeTree(path)
                try await hold(path) {}
            }
        }
    }

    @Test("A lock that cannot be made is an error of the file, also through a symlink")
    func unusable() async throws {
        try await withTemporaryDirectory { directory in
            try makeSymlink(directory.appending("link"), to: "elsewhere")
            for name in ["absent/lock", "link"] {
                let error = await #expect(throws: LockError.self) {
                    let path = directory.pushing(FilePath(name))
                    try await ProcessLock.acquire(at: path, within: .zero).release()
                }
                guard case .failed = error else {
                    Issue.record("\(name): \(String(describing: error))")
                    continue
                }
            }
            #expect(try names(in: directory) == ["link"])
        }
    }

    /// Runs `body` while this process holds the lock.
    private func hold(
        _ path: FilePath,
        within limit: Duration = .seconds(5),
        _ body: () async throws -> Void
    ) async throws {
        let lock = try await ProcessLock.acquire(at: path, within: limit)
        try await body()
        lock.release()
    }
}
