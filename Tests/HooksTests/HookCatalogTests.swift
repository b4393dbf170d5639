import Glibc
import Hooks
import SystemPackage
import TestSupport
import Testing

@Suite("Finding hooks")
struct HookCatalogTests {
    private func discover(_ directory: FilePath) -> HookCatalog {
        HookCatalog.discover(in: directory, timeout: .seconds(30))
    }

    @Test(
        "Phases, certificates and plain files are found; the order is that of bytes, by file name"
    )
    func order() throws {
        try withTemporaryDirectory { directory throws in
            for path in [
                "reload/50-nginx", "reload/9-first-by-number", "reload/10-b", "reload/Z",
                "reload/a",
                "certs/web/reload/20-own", "certs/web/reload/10-b", "certs/mail/reload/15-other",
                "check/nginx.sh", "certbot-hook.py", "deploy/aa", "failure/tell",
            ] {
                try writeFile(directory.pushing(FilePath(path)), "#!/bin/sh\n", mode: 0o755)
            }
            let catalog = discover(directory)
            #expect(catalog.warnings == [])
            #expect(catalog.hooks.count == 12)
            #expect(
                catalog.hooks(.reload, for: "web").map(\.name) == [
                    "reload/10-b", "certs/web/reload/10-b", "certs/web/reload/20-own",
                    "reload/50-nginx", "reload/9-first-by-number", "reload/Z", "reload/a",
                ]
            )
            #expect(
                catalog.hooks(.deploy, for: "web").map(\.name) == ["deploy/aa", "certbot-hook.py"]
            )
            #expect(catalog.hooks(.check, for: "web").map(\.name) == ["check/nginx.sh"])
            #expect(catalog.hooks(.failure, for: "mail").map(\.name) == ["failure/tell"])
            let own = try #require(catalog.hooks.first { $0.name == "certs/web/reload/20-own" })
            #expect(own.certificate == "web" && own.phase == .reload)
            #expect(own.command == [directory.pushing("certs/web/reload/20-own").string])
            #expect(own.timeout == .seconds(30))
        }
    }

    @Test("Hooks of the settings follow those of files, in the order of the settings")
    func settingsComeLast() {
        func hook(_ name: String) -> Hook {
            Hook(name: name, phase: .reload, command: ["true"], timeout: .seconds(1))
        }
        let names = ["settings:reload[2]", "settings:reload[10]", "reload/zz", "reload/aa"]
        let catalog = HookCatalog(hooks: names.map(hook))
        #expect(
            catalog.hooks(.reload, for: "web").map(\.name)
                == ["reload/aa", "reload/zz", "settings:reload[2]", "settings:reload[10]"]
        )
    }

    @Test("A missing directory is an empty catalog without a warning")
    func missing() throws {
        try withTemporaryDirectory { directory throws in
            let catalog = discover(directory.appending("absent"))
            #expect(catalog.hooks == [] && catalog.warnings == [])
        }
    }

    @Test(
        "README and dotfiles are skipped without a word",
        arguments: ["README", "README.md", ".gitkeep"]
    )
    func silent(name: String) throws {
        try withTemporaryDirectory { directory throws in
            for place in ["deploy", ".", "certs", "certs/web"] {
                try writeFile(
                    directory.pushing(FilePath(place)).appending(name),
                    "hello",
                    mode: 0o755
                )
            }
            let catalog = discover(directory)
            #expect(catalog.hooks == [] && catalog.warnings == [])
        }
    }

    @Test(
        "A name that run-parts would skip is skipped with a warning",
        arguments: [
            "x.bak", "x~", "x.dpkg-old", "notes.md", "nginx.pl", "ng inx", "nginx.sh.sh", ".sh.py",
            "é", "x.dpkg-dist.sh",
        ].filter { !$0.hasPrefix(".") }
    )
    func badName(name: String) throws {
        try withTemporaryDirectory { directory throws in
            let path = directory.appending("deploy").appending(name)
            try writeFile(path, "#!/bin/sh\n", mode: 0o755)
            let catalog = discover(directory)
            #expect(catalog.hooks == [])
            #expect(catalog.warnings.map(\.path) == [path.string])
            #expect(catalog.warnings.first?.description.hasPrefix("skip \(path): ") == true)
        }
    }

    @Test(
        "A file that is not executable, or that others can change, is skipped with a warning",
        arguments: [
            (0o644, "not executable"), (0o775, "chmod go-w"), (0o757, "chmod go-w"),
            (0o777, "chmod go-w"),
        ] as [(mode_t, String)]
    )
    func badMode(mode: mode_t, reason: String) throws {
        try withTemporaryDirectory { directory throws in
            try writeFile(directory.pushing("deploy/x"), "#!/bin/sh\n", mode: mode)
            let catalog = discover(directory)
            #expect(catalog.hooks == [])
            #expect(catalog.warnings.count == 1)
            #expect(catalog.warnings.first?.reason.contains(reason) == true)
        }
    }

    @Test(
        "A file or directory of another user is skipped with a warning",
        .enabled(if: getuid() == 0)
    )
    func foreignOwner() throws {
        try withTemporaryDirectory { directory throws in
            let file = directory.pushing("deploy/x")
            try writeFile(file, "#!/bin/sh\n", mode: 0o755)
            for path in [file, directory.appending("deploy")] {
                #expect(unsafe chown(path.string, 65534, 0) == 0)
                let catalog = discover(directory)
                #expect(catalog.hooks == [])
                #expect(catalog.warnings.map(\.path) == [path.string])
                #expect(catalog.warnings.first?.reason.contains("belongs to user 65534") == true)
                #expect(unsafe chown(path.string, 0, 0) == 0)
            }
            #expect(discover(directory).hooks.count == 1)
        }
    }

    @Test(
        "A directory that others can write to hides all hooks below it",
        arguments: [0o777, 0o1777, 0o775]
    )
    func writableDirectory(mode: Int) throws {
        try withTemporaryDirectory { directory throws in
            let hooks = directory.appending("hooks.d")
            try writeFile(hooks.pushing("deploy/x"), "#!/bin/sh\n", mode: 0o755)
            for path in [hooks.appending("deploy"), hooks, directory] {
                // A sticky directory may be passed through: see the next test.
                if mode == 0o1777, path == directory { continue }
                #expect(unsafe chmod(path.string, mode_t(mode)) == 0)
                let catalog = discover(hooks)
                #expect(catalog.hooks == [])
                #expect(catalog.warnings.count == 1)
                #expect(catalog.warnings.first?.reason.contains("chmod go-w \(path)") == true)
                #expect(unsafe chmod(path.string, 0o755) == 0)
            }
            #expect(discover(hooks).hooks.count == 1)
        }
    }

    @Test("Hooks below a sticky directory such as /tmp count, when their own directory is ours")
    func stickyAbove() throws {
        try withTemporaryDirectory { directory throws in
            let hooks = directory.appending("hooks.d")
            try writeFile(hooks.pushing("deploy/x"), "#!/bin/sh\n", mode: 0o755)
            #expect(unsafe chmod(directory.string, 0o1777) == 0)
            #expect(discover(hooks).hooks.map(\.name) == ["deploy/x"])
            #expect(unsafe chown(hooks.string, 65_534, 65_534) == 0)
            #expect(discover(hooks).hooks == [])
        }
    }

    @Test("A symlink counts when all that it leads through can be trusted")
    func symlinks() throws {
        try withTemporaryDirectory { directory throws in
            let hooks = directory.appending("hooks.d")
            let shared = directory.appending("shared")
            try writeFile(directory.pushing("bin/good"), "#!/bin/sh\n", mode: 0o755)
            try writeFile(directory.pushing("bin/bad"), "#!/bin/sh\n", mode: 0o777)
            try writeFile(shared.appending("file"), "#!/bin/sh\n", mode: 0o755)
            try makeSymlink(shared.appending("hop"), to: "../bin/good")
            #expect(unsafe chmod(shared.string, 0o1777) == 0)
            try makeDirectories(hooks.appending("deploy"))
            for (name, target) in [
                ("good", "../../bin/good"), ("absolute", "\(directory)/bin/./good"),
                ("bad", "../../bin/bad"), ("sticky", "../../shared/file"),
                ("hop", "../../shared/hop"), ("dangling", "nowhere"), ("loop", "loop"),
                ("directory", "../../bin"), ("device", "/dev/null"),
            ] {
                try makeSymlink(hooks.appending("deploy").appending(name), to: target)
            }
            let catalog = discover(hooks)
            #expect(catalog.hooks.map(\.name) == ["deploy/absolute", "deploy/good"])
            #expect(
                catalog.warnings.compactMap { FilePath($0.path).lastComponent?.string }
                    == ["bad", "dangling", "device", "directory", "hop", "loop", "sticky"]
            )
        }
    }

    @Test("What lies where no hook is looked for is a warning")
    func misplaced() throws {
        try withTemporaryDirectory { directory throws in
            for path in ["post/x", "certs/x", "certs/web/x", "certs/web/renew/x", "deploy/sub/x"] {
                try writeFile(directory.pushing(FilePath(path)), "#!/bin/sh\n", mode: 0o755)
            }
            let catalog = discover(directory)
            #expect(catalog.hooks == [])
            #expect(
                catalog.warnings.map { String($0.path.dropFirst(directory.string.count + 1)) }
                    == ["certs/web/renew", "certs/web/x", "certs/x", "deploy/sub", "post"]
            )
        }
    }

    @Test("A directory for a certificate that there isn't is a warning")
    func unknownCertificate() throws {
        try withTemporaryDirectory { directory throws in
            for name in ["web", "wbe"] {
                let path = FilePath("certs/\(name)/reload/x")
                try writeFile(directory.pushing(path), "#!/bin/sh\n", mode: 0o755)
            }
            let catalog = HookCatalog.discover(
                in: directory,
                timeout: .seconds(30),
                certificates: ["web", "api"]
            )
            #expect(catalog.hooks.map(\.name) == ["certs/web/reload/x"])
            #expect(catalog.warnings.map(\.path) == [directory.pushing("certs/wbe").string])
            #expect(catalog.warnings.first?.reason.contains("no certificate of this name") == true)
        }
    }
}
