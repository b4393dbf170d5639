import Foundation
import Glibc
import SystemPackage
import Testing
import TestSupport

@Suite("The daemon's log")
struct LogTests {
    @Test("A collector gets it from the first word to the last, under the tag of the settings")
    func fluentd() async throws {
        try await withTestBed { bed in
            let collector = try Collector()
            try await bed.observe(
                ["web"],
                extra: """
                    loggingSettings: {logger: fluentd, endpoint: "\(collector.endpoint)", \
                    format: forward, servicename: akvvm_service}
                    """
            )
            var messages: [Collector.Message] = []
            func hears(_ message: String) async -> Bool {
                await waitUntil {
                    messages += collector.messages()
                    return messages.contains { $0.record["message"] == message }
                }
            }
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                #expect(await hears("certificate deployed"))
                kill(pid, SIGTERM)
                #expect(await hears("stopped"))
            }
            #expect(messages.first?.record["message"] == "started")
            #expect(messages.allSatisfy { $0.tag == "akvvm_service" })
            let deployed = messages.first { $0.record["message"] == "certificate deployed" }
            #expect(deployed?.record["certificate"] == "web")
            #expect(deployed?.record["version"] == bed.current("web"))
        }
    }

    @Test(
        "Lines on standard error are text or JSON, as the settings say",
        arguments: [true, false]
    )
    func lines(isJSON: Bool) async throws {
        try await withTestBed { bed in
            try await bed.observe(
                ["web"],
                extra: "loggingSettings: {logger: stderr, format: \(isJSON ? "json" : "text")}"
            )
            let log = bed.directory.appending("log")
            try await withRunningCommand([
                "sh", "-c", "exec \"$0\" run --config \"$1\" 2> \"$2\"", TestBed.kvagent,
                bed.settingsFile.string, log.string,
            ]) { _ in
                let isDone = await waitUntil {
                    (try? readText(log).contains("pass done")) == true
                }
                #expect(isDone)
            }
            let lines = try readText(log).split(separator: "\n")
            let deployed = try #require(lines.first { $0.contains("certificate deployed") })
            if isJSON {
                let object = try JSON(parsing: String(deployed))
                #expect(object["certificate"].string == "web")
                #expect(object["level"].string == "notice")
            } else {
                #expect(deployed.contains(" notice certificate deployed certificate=web "))
            }
        }
    }
}
