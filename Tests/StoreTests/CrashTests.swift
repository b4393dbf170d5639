import Glibc
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Crashes and full disks")
struct CrashTests {
    @Test(
        "A writer killed at any moment leaves one whole live version, and the next start tidies up",
        arguments: [0, 150, 400, 900, 1700, 2600, 3900, 6100, 9400, 15_000] as [UInt32]
    )
    func killedWriter(microseconds: UInt32) async throws {
        try await withStore { store in
            try store.install("a")
            let root = store.root.string
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [root = root as String, microseconds = microseconds as UInt32] in
                // The alarm's own signal could be blocked or handled; nothing handles this one.
                signal(SIGALRM) { _ in kill(getpid(), SIGKILL) }
                ualarm(microseconds + 1, 0)
                let store = CertificateStore(root: FilePath(root))
                while true {
                    for digit in "abcd" {
                        try store.install(digit, access: FileAccess(mode: 0o640))
                        try writeFile(store.current.appending("cert.pem"), "damaged\n")
                        try store.install(digit, access: FileAccess(mode: 0o600))
                        _ = try store.prune("web", keeping: [])
                    }
                }
            }
            let version = try #require(try store.currentVersion(of: "web"))
            let digit = try #require(version.first)
            #expect(try readText(store.current.appending("privkey.pem")) == "key \(digit)\n")
            try store.prepare()
            #expect(try names(in: store.versions).filter { $0.hasPrefix(".") } == [])
            #expect(try names(in: store.root.appending("web")) == ["current", "versions"])
            try store.install("e")
            #expect(try readText(store.current.appending("cert.pem")) == "cert e\n")
        }
    }

    @Test(
        "A full disk leaves the live version and no rest of the new one",
        .enabled { await canMount() }
    )
    func fullDisk() async throws {
        try await withTemporaryDirectory { directory in
            let mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "tmpfs"]
            let isMounted = try await runCommand(mount + [directory.string]).status == 0
            try #require(isMounted)
            // In a process of its own: a child that another test starts holds every open file until
            // it execs, and the room of a removed one is only free after that.
            await #expect(processExitsWith: .success) { [root = directory.string as String] in
                let store = CertificateStore(root: FilePath(root).appending("certs"))
                try store.prepare()
                try store.install("a")
                let error = #expect(throws: StoreError.self) {
                    try store.stage("b", padding: 100_000)
                }
                #expect(error?.operation == "write" && error?.cause == "No space left on device")
                #expect(error?.path.hasSuffix("/privkey.pem") == true)
                #expect(error?.hint?.contains("free space") == true)
                #expect(error?.isAccessProblem == false)
                #expect(try readText(store.current.appending("privkey.pem")) == "key a\n")
                #expect(try names(in: store.versions) == [Fixture.version("a")])
                try store.install("b")
                #expect(try readText(store.current.appending("privkey.pem")) == "key b\n")
            }
            #expect(try await runCommand(["umount", directory.string]).status == 0)
        }
    }

    @Test("A file that grows past what is allowed is an error that names it")
    func fileSizeLimit() async throws {
        try await withStore { store in
            await #expect(processExitsWith: .success) { [root = store.root.string as String] in
                // setrlimit(2): past the limit write(2) takes what fits, then says EFBIG.
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit(rlim_cur: 4096, rlim_max: 4096)
                try #require(unsafe setrlimit(__rlimit_resource_t(1), &limit) == 0)
                let store = CertificateStore(root: FilePath(root))
                let error = #expect(throws: StoreError.self) {
                    try store.stage("b", padding: 10_000)
                }
                #expect(error?.operation == "write" && error?.cause == "File too large")
                #expect(try names(in: store.versions) == [])
            }
        }
    }
}
