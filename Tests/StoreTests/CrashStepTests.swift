import Glibc
import Store
import SystemPackage
import TestSupport
import Testing

/// Kills a deployment at each of its system calls in turn, by way of strace(1)'s fault injection.
@Suite("A deployment killed at each of its steps")
struct CrashStepTests {
    /// Names the store's root to the process that is going to be killed.
    private static let rootVariable = "KVAGENT_TEST_CRASH_ROOT"

    /// The calls that change what is on disk or make it last; strace counts each on its own.
    private static let calls = [
        "mkdirat", "fchown", "fchmod", "fsync", "renameat", "renameat2", "symlinkat", "unlinkat",
    ]

    private static var victimRoot: FilePath? {
        unsafe getenv(rootVariable).map { unsafe FilePath(String(cString: $0)) }
    }

    @Test("The deployment that is killed", .enabled(if: victimRoot != nil))
    func victim() throws {
        let store = CertificateStore(root: try #require(Self.victimRoot))
        try store.install("b")
        // The live version again, with other access: an exchange of directories.
        try store.install("b", access: FileAccess(mode: 0o640))
        _ = try store.prune("web", keeping: [])
    }

    @Test(
        "The live version is whole, old or new, and the next start and deployment go on from there",
        .enabled(if: victimRoot == nil),
        .enabled { await canTrace() },
        arguments: calls
    )
    func everyStep(call: String) async throws {
        var kills = 0
        while kills < 100, try await survives(aKillAt: call, number: kills + 1) { kills += 1 }
        // A call that never came would prove nothing.
        #expect((1..<100).contains(kills))
    }

    /// Kills one deployment and looks at what it has left.
    ///
    /// - Returns: False when the deployment has come to its end, since it has fewer such calls.
    private func survives(aKillAt call: String, number: Int) async throws -> Bool {
        try await withStore { store in
            try store.install("a")
            let program = try #require(CommandLine.arguments.first)
            let result = try await runCommand([
                "env", "\(Self.rootVariable)=\(store.root)", "strace", "-f", "-qq",
                "-o", "/dev/null", "-e", "inject=\(call):signal=KILL:when=\(number)",
                program, "--testing-library", "swift-testing", "--filter", "CrashStepTests/victim",
            ])
            let version = try #require(try store.currentVersion(of: "web"), "\(call) \(number)")
            let digit = try #require(version.first)
            #expect(try readText(store.current.appending("privkey.pem")) == "key \(digit)\n")
            #expect(try readText(store.current.appending("cert.pem")) == "cert \(digit)\n")
            try store.prepare()
            #expect(try names(in: store.versions).filter { $0.hasPrefix(".") } == [])
            try store.install("b", access: FileAccess(mode: 0o640))
            #expect(try names(in: store.current) == ["cert.pem", "privkey.pem"])
            #expect(mode(of: store.current.appending("privkey.pem")) == 0o640)
            return result.status != 0
        }
    }
}

/// Whether strace is installed and may trace here.
private func canTrace() async -> Bool {
    // A program that is missing is an answer too.
    let result = try? await runCommand(["strace", "-o", "/dev/null", "true"])
    return result?.status == 0
}
