import Foundation
import Glibc
import HTTP
import Sensitive
import TestSupport
import Testing

/// What concerns a whole process: its environment and its threads.
///
/// Each test has a process of its own.
@Suite("HTTP in a process", .timeLimit(.minutes(15)))
struct ProcessTests {
    @Test("The environment's proxy carries requests, but none that must not have one")
    func proxy() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer(answers: [ScriptedAnswer(200, "by proxy")])
            let server = try ScriptedServer(answers: [ScriptedAnswer(200, "directly")])
            unsafe setenv("http_proxy", "http://127.0.0.1:\(proxy.port)", 1)
            let client = HTTPClient()
            var request = HTTPRequest(.get, "http://127.0.0.1:\(server.port)/a")
            let carried = try await client.send(request)
            #expect(carried.body == SensitiveBytes(copying: "by proxy".utf8))
            request.usesProxy = false
            let direct = try await client.send(request)
            #expect(direct.body == SensitiveBytes(copying: "directly".utf8))
            #expect(proxy.requests.count == 1 && server.requests.count == 1)
        }
    }

    @Test("A proxy on the way to a TLS server sees no token, and its refusal is named")
    func proxySeesNoToken() async {
        await #expect(processExitsWith: .success) {
            let proxy = try ScriptedServer(answers: [ScriptedAnswer(403)])
            unsafe setenv("https_proxy", "http://127.0.0.1:\(proxy.port)", 1)
            let token = SensitiveBytes(copying: "Bearer eyJ".utf8)
            let error = await failure(
                of: HTTPRequest(
                    .get,
                    "https://kv.vault.azure.net/",
                    fields: [HTTPField("Authorization", sensitive: token)]
                )
            )
            let request = try #require(proxy.requests.first)
            #expect(request.line == "CONNECT kv.vault.azure.net:443 HTTP/1.1")
            #expect(request.fields["authorization"] == nil)
            #expect(error?.kind == .unreachable)
            #expect(error?.description.contains("403") == true)
        }
    }

    @Test("A proxy that is not there is told apart from the server")
    func deadProxy() async {
        await #expect(processExitsWith: .success) {
            let port = try ListeningSocket.closedPort()
            unsafe setenv("https_proxy", "http://127.0.0.1:\(port)", 1)
            let error = await failure(of: HTTPRequest(.get, "https://kv.vault.azure.net/"))
            #expect(error?.kind == .unreachable)
            let prefix = "connect to kv.vault.azure.net: connection refused ("
            #expect(error?.description.hasPrefix(prefix) == true)
            #expect(error?.description.contains("\(port)") == true)
        }
    }

    @Test("A client has one thread, which sleeps while idle and ends with the client")
    func thread() async {
        await #expect(processExitsWith: .success) {
            let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
            do {
                let client = HTTPClient()
                for _ in 0..<3 {
                    _ = try await client.send(
                        HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
                    )
                }
                let threads = clientThreads()
                #expect(threads.count == 1)
                #if arch(x86_64)
                // Number 7 is poll; its third argument is the longest wait, here an hour.
                await eventually { threads.allSatisfy { systemCall(of: $0).first == "7" } }
                #expect(threads.map { systemCall(of: $0).dropFirst(3).first } == ["0x36ee80"])
                #endif
            }
            await eventually { clientThreads().isEmpty }
        }
    }
}

/// Why a request came to nothing; nil when it did not.
private func failure(of request: HTTPRequest) async -> HTTPError? {
    do throws(HTTPError) {
        _ = try await HTTPClient().send(request)
        return nil
    } catch {
        return error
    }
}

/// The tasks of this process that bear the name of a client's thread.
private func clientThreads() -> [String] {
    let tasks = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
    return tasks.filter { task in
        // One that has ended meanwhile has no name any more.
        let name = try? String(contentsOfFile: "/proc/self/task/\(task)/comm", encoding: .utf8)
        return name == "kvagent-http\n"
    }
}

/// The number and arguments of the system call that a thread is in; see proc(5).
private func systemCall(of task: String) -> [String] {
    let path = "/proc/self/task/\(task)/syscall"
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    return text.split(separator: " ").map(String.init)
}

/// Waits until something that gives no sign of itself has come about, ten seconds at most.
private func eventually(_ condition: () -> Bool) async {
    let end = ContinuousClock.now.advanced(by: .seconds(10))
    while !condition() {
        guard ContinuousClock.now < end else {
            Issue.record("it has not come about")
            return
        }
        await Task.yield()
    }
}
