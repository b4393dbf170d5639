import Foundation
import History
import Testing

@Suite("Owed hooks")
struct OwedHookTests {
    private func hook(
        _ name: String,
        of certificate: String = "web",
        version number: Int = 1,
        at: Date = time(1),
        attempts: Int = 0
    ) -> OwedHook {
        OwedHook(
            certificate: certificate,
            version: version(number),
            phase: "reload",
            hook: name,
            since: at,
            attempts: attempts
        )
    }

    @Test("An owed hook stays through a restart until it is settled")
    func lifecycle() throws {
        try withHistory { history, path in
            try history.owe(hook("reload/50-nginx"))
            let restarted = try History.open(at: path)
            #expect(try restarted.owedHooks(of: "web") == [hook("reload/50-nginx")])
            try restarted.settle(hook("reload/50-nginx"))
            #expect(try history.owedHooks(of: "web").isEmpty)
        }
    }

    @Test("Owing a hook again counts an attempt, and keeps since when")
    func attempts() throws {
        try withHistory { history, _ in
            try history.owe(hook("a"))
            try history.owe(hook("a", at: time(50), attempts: 7))
            try history.owe(hook("a", at: time(90)))
            #expect(try history.owedHooks(of: nil) == [hook("a", attempts: 2)])
        }
    }

    @Test("Hooks are owed per certificate, longest owed first")
    func perCertificate() throws {
        try withHistory { history, _ in
            try history.owe(hook("b", at: time(3)))
            try history.owe(hook("a", of: "api", at: time(2)))
            try history.owe(hook("a", at: time(1)))
            #expect(try history.owedHooks(of: "web").map(\.hook) == ["a", "b"])
            #expect(try history.owedHooks(of: "api").count == 1)
            #expect(try history.owedHooks(of: nil).map(\.certificate) == ["web", "api", "web"])
        }
    }

    @Test("Settling one hook leaves the others")
    func settleOne() throws {
        try withHistory { history, _ in
            let owed = [hook("a"), hook("b"), hook("a", version: 2), hook("a", of: "api")]
            for hook in owed { try history.owe(hook) }
            try history.settle(hook("a", at: time(99), attempts: 3))
            #expect(Set(try history.owedHooks(of: nil)) == Set(owed.dropFirst()))
            try history.settle(hook("never owed"))
            #expect(try history.owedHooks(of: nil).count == 3)
        }
    }

    @Test("What is owed for versions that are no longer live is forgotten")
    func settleExcept() throws {
        try withHistory { history, _ in
            for owed in [hook("a"), hook("b", version: 2), hook("c", of: "api")] {
                try history.owe(owed)
            }
            try history.settleOwedHooks(of: "web", except: version(2))
            #expect(Set(try history.owedHooks(of: nil).map(\.hook)) == ["b", "c"])
            try history.settleOwedHooks(of: "web", except: nil)
            #expect(try history.owedHooks(of: nil).map(\.hook) == ["c"])
        }
    }
}
