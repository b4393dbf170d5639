import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("kvagent report")
struct ReportTests {
    @Test("The page tells what has happened, holds no key, and is for its group")
    func content() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            try bed.hook(
                "deploy/10-fail",
                "echo '<b>out of order</b>'; [ ! -e \(bed.directory)/broken ]"
            )
            try await bed.kvagent("sync", status: 0)
            try writeFile(bed.directory.appending("broken"), "")
            let refused = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)

            let file = bed.directory.appending("report.html")
            let result = try await bed.kvagent("report", "--output", file.string, status: 0)
            #expect(result.output == "" && result.errors == "")
            #expect(mode(of: file) == 0o640)
            let page = try readText(file)
            #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
            #expect(page.hasSuffix("</html>\n"))
            #expect(page.contains("href=\"#certificate-web\""))
            #expect(page.contains("rolled back"))
            #expect(page.contains("<code>\(refused.prefix(8))</code>"))
            #expect(page.contains("&lt;b&gt;out of order&lt;/b&gt;") && !page.contains("<b>"))
            #expect(page.contains("kvagent retry web"))
            #expect(!page.contains("PRIVATE KEY"))
            let key = try readText(bed.certs.appending("web/current/privkey.pem"))
            let line = try #require(key.split(separator: "\n").dropFirst().first)
            #expect(!page.contains(line))

            // On standard output it is the same but for the moment.
            let printed = try await bed.kvagent("report", "--output", "-", status: 0)
            #expect(
                printed.output.hasPrefix("<!DOCTYPE html>") && printed.output.hasSuffix("</html>\n")
            )
        }
    }

    @Test("It needs no vault and no history, and makes none")
    func nothingYet() async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"])
            let file = bed.directory.appending("report.html")
            try await bed.kvagent("report", "--output", file.string, status: 0)
            #expect(try readText(file).contains("nothing is live"))
            #expect(facts(of: bed.state) == nil)
        }
    }

    @Test("A place where no file can be is said, and what is there stays")
    func obstacles() async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"])
            let device = try await bed.kvagent("report", "--output", "/dev/null", status: 1)
            #expect(
                device.errors.contains("replace /dev/null: it is no regular file")
                    && device.errors.contains("hint: ")
            )
            let absent = try await bed.kvagent("report", "--output", "/nowhere/a.html", status: 1)
            #expect(absent.errors.contains("open /nowhere: No such file or directory"))
            try await bed.kvagent("report", status: 64)
        }
    }
}
