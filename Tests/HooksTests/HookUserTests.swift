import Glibc
import Hooks
import TestSupport
import Testing

@Suite("Hooks as another user", .timeLimit(.minutes(15)))
struct HookUserTests {
    @Test(
        "It has the user's number, groups and home, and no way back",
        .enabled(if: geteuid() == 0)
    )
    func anotherUser() async {
        let script = "id -un; id -gn; id -G; echo $HOME $USER $LOGNAME; cat | wc -l; pwd; umask"
        let result = await run(script, user: "nobody")
        #expect(result.outcome == .succeeded, "\(result.output)")
        let lines = result.output.split(separator: "\n")
        #expect(lines.first == "nobody" && lines.count == 7)
        #expect(lines.dropFirst(3).first?.hasSuffix(" nobody nobody") == true)
        #expect(lines.suffix(3) == ["1", "/", "0022"])
        #expect(!result.output.split(separator: "\n")[2].split(separator: " ").contains("0"))
    }

    @Test(
        "Its exit code, its signal and its timeout are told as those of any",
        .enabled(if: geteuid() == 0)
    )
    func ends() async {
        #expect(await run("exit 3", user: "nobody").outcome == .failed(exitCode: 3))
        #expect(await run("kill -KILL $$", user: "nobody").outcome == .signalled(9))
        let late = await run("sleep 1000", timeout: .seconds(1), user: "nobody")
        #expect(late.outcome == .timedOut)
    }

    @Test("A user that there isn't is told, and nothing runs")
    func unknown() async {
        let result = await run("true", user: "no-such-user")
        #expect(
            result.outcome
                == .couldNotStart(
                    "there is no user no-such-user; create it, or correct the settings"
                )
        )
    }

    @Test("Without root only the agent's own user will do", .enabled(if: geteuid() != 0))
    func withoutRoot() async {
        let result = await run("true", user: "root")
        #expect(result.outcome == .couldNotStart("only root can run a hook as root"))
    }

    @Test("The pauses between tries double, up to a minute")
    func pauses() {
        let seconds = (1...9).map { Hook.pause(afterFailures: $0).components.seconds }
        #expect(seconds == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test("One run does for two hooks only when command and user are the same")
    func same() {
        func hook(_ name: String, _ command: [String], user: String?) -> Hook {
            Hook(name: name, phase: .reload, command: command, timeout: .seconds(1), user: user)
        }
        let first = hook("a", ["true"], user: nil)
        #expect(first.isSame(as: hook("b", ["true"], user: nil)))
        #expect(!first.isSame(as: hook("b", ["true"], user: "www-data")))
        #expect(!first.isSame(as: hook("b", ["true", "x"], user: nil)))
    }
}
