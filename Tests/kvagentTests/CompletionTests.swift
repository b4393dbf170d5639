import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Shell completion")
struct CompletionTests {
    private static let settings = """
        secretsManagementSettings:
          observedCertificates:
            - {url: https://contoso.vault.azure.net/secrets/web, name: web}
            - {url: https://contoso.vault.azure.net/secrets/api, name: api}
        """

    /// Asks as the generated scripts do: for the last of the words.
    private func ask(_ argument: String, _ words: String...) async throws -> [String] {
        let index = words.count - 1
        let cursor = words.last?.count ?? 0
        let result = try await runCommand(
            [TestBed.kvagent, "---completion", words[1], "--", argument, "\(index)", "\(cursor)"]
                + words
        )
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors == "")
        return result.output.split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init).dropLast()
    }

    @Test(
        "Certificates are offered by their names",
        arguments: ["sync", "history", "show", "diff", "rollback", "pin", "unpin", "retry"]
    )
    func names(command: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("the settings.yaml")
            try writeFile(file, Self.settings)
            let written = ["'\(file)'", "\"\(file)\"", file.string.replacing(" ", with: "\\ ")]
            for word in written {
                let offers = try await ask(
                    "positional@0",
                    "kvagent",
                    command,
                    "--config",
                    word,
                    ""
                )
                #expect(offers == ["web", "api"], "\(word)")
            }
            #expect(
                try await ask("positional@0", "kvagent", command, "--config='\(file)'", "w")
                    == ["web", "api"]
            )
        }
    }

    @Test("A certificate that the line has already is not offered again")
    func onlyOnce() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("kvagent.yaml")
            try writeFile(file, Self.settings)
            let offers = try await ask(
                "positional@0",
                "kvagent",
                "sync",
                "--config",
                file.string,
                "web",
                ""
            )
            #expect(offers == ["api"])
        }
    }

    @Test("Settings that are missing or wrong mean no offers and no message")
    func silence() async throws {
        try await withTemporaryDirectory { directory in
            let wrong = directory.appending("wrong.yaml")
            try writeFile(wrong, "colour: blue")
            for file in [wrong.string, "/nowhere/kvagent.yaml"] {
                let line = ["kvagent", "show", "--config", file]
                #expect(
                    try await ask("positional@0", line[0], line[1], line[2], line[3], "") == []
                )
                #expect(
                    try await ask(
                        "--to",
                        "kvagent",
                        "rollback",
                        "web",
                        "--config",
                        file,
                        "--to",
                        ""
                    )
                        == []
                )
            }
        }
    }

    @Test("What is orphaned is offered to be pruned")
    func orphans() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["api"])
            let line = ["kvagent", "prune", "--config", bed.settingsFile.string]
            #expect(
                try await ask("positional@0", line[0], line[1], line[2], line[3], "") == ["web"]
            )
            #expect(
                try await ask("positional@0", line[0], line[1], line[2], line[3], "web", "") == []
            )
        }
    }

    @Test("Versions to go back to are those on record but the current, newest first")
    func versions() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            let file = bed.settingsFile.string
            #expect(
                try await ask("--to", "kvagent", "rollback", "web", "--config", file, "--to", "")
                    == []
            )
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            _ = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let versions = [second, first].map { String($0.prefix(8)) }
            #expect(
                try await ask("--to", "kvagent", "rollback", "web", "--config", file, "--to", "")
                    == versions
            )
            // Who only looks may look at the live one, too.
            let all = [String(try #require(bed.current("web")).prefix(8))] + versions
            #expect(
                try await ask(
                    "--version",
                    "kvagent",
                    "show",
                    "web",
                    "--config",
                    file,
                    "--version",
                    ""
                )
                    == all
            )
            #expect(
                try await ask("positional@1", "kvagent", "diff", "web", "--config", file, "") == all
            )
            // Without a certificate nobody knows whose versions.
            #expect(
                try await ask("--to", "kvagent", "rollback", "--config", file, "--to", "") == []
            )
            try await bed.kvagent("rollback", "web", "--to", versions[1], status: 0)
        }
    }

    @Test("The generated scripts are right for their shells", arguments: ["bash", "zsh", "fish"])
    func scripts(shell: String) async throws {
        try await withTemporaryDirectory { directory in
            for program in ["kvagent", "kvagent-emulator"] {
                let script = try await runCommand([
                    TestBed.products.appending(program).string,
                    "--generate-completion-script", shell,
                ])
                #expect(script.status == 0)
                let file = directory.appending(program)
                try writeFile(file, script.output)
                // Where the shell isn't installed, env(1) says 127.
                let check = try await runCommand(["env", shell, "-n", file.string])
                #expect([0, 127].contains(check.status), "\(check.errors)")
            }
        }
    }

    @Test("bash completes commands, names, and the words of options")
    func bash() async throws {
        try await withTemporaryDirectory { directory in
            let script = try await runCommand([
                TestBed.kvagent, "--generate-completion-script", "bash",
            ])
            try writeFile(directory.appending("completion"), script.output)
            let settings = directory.appending("kvagent.yaml")
            try writeFile(settings, Self.settings)
            try writeFile(
                directory.appending("ask"),
                """
                export KVAGENT_CONFIG=\(settings)
                . \(directory)/completion
                COMP_WORDS=("$@")
                COMP_CWORD=$(($# - 1))
                COMP_LINE="$*"
                COMP_POINT=${#COMP_LINE}
                _kvagent "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
                echo "${COMPREPLY[*]}"
                """
            )
            let expected = [
                (["ro"], "rollback"),
                (["show", ""], "web api"),
                (["rollback", "a"], "api"),
                (["sync", "api", ""], "web"),
                (["history", "--outcome", "r"], "rejected rolledBack"),
                (["run", "--log-level", "w"], "warning"),
            ]
            for (words, offers) in expected {
                let answer = try await runCommand(
                    ["bash", directory.appending("ask").string, TestBed.kvagent] + words
                )
                #expect(answer.output == "\(offers)\n", "\(words) \(answer.errors)")
            }
        }
    }
}
