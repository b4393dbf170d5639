import Glibc
import Sensitive
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Staging a version")
struct StagingTests {
    @Test("A first version is whole on disk and not live")
    func firstVersion() throws {
        try withStore { store in
            let directory = try store.stage("a")
            #expect(directory == store.versions.appending(Fixture.version("a")))
            #expect(try readText(directory.appending("privkey.pem")) == "key a\n")
            #expect(try readText(directory.appending("cert.pem")) == "cert a\n")
            #expect(mode(of: directory.appending("privkey.pem")) == 0o600)
            #expect(mode(of: directory.appending("cert.pem")) == 0o644)
            for path in [store.root, store.root.appending("web"), store.versions, directory] {
                #expect(mode(of: path) == 0o755)
            }
            #expect(try names(in: store.versions) == [Fixture.version("a")])
            #expect(try store.currentVersion(of: "web") == nil)
            #expect(facts(of: store.current) == nil)
        }
    }

    @Test("The umask changes nothing", .serialized, arguments: [0o000, 0o077] as [mode_t])
    func umaskDoesNotMatter(mask: mode_t) async throws {
        // The mask is the whole process's, so the staging happens in one of its own.
        try await withTemporaryDirectory { directory in
            let root = directory.appending("certs").string
            await #expect(processExitsWith: .success) {
                [root = root as String, mask = mask as mode_t] in
                umask(mask)
                let store = CertificateStore(root: FilePath(root))
                try store.prepare()
                try store.stage("a", access: FileAccess(mode: 0o640))
            }
            let version = directory.appending("certs/web/versions").appending(Fixture.version("a"))
            #expect(mode(of: version) == 0o755)
            #expect(mode(of: version.appending("privkey.pem")) == 0o640)
            #expect(mode(of: version.appending("cert.pem")) == 0o644)
            #expect(mode(of: directory.appending("certs/README")) == 0o644)
        }
    }

    @Test("A version that is there with the same bytes and access is kept as it is")
    func idempotent() throws {
        try withStore { store in
            let directory = try store.stage("a")
            let before = facts(of: directory)?.st_ino
            #expect(try store.stage("a") == directory)
            #expect(facts(of: directory)?.st_ino == before)
        }
    }

    enum Damage: CaseIterable {
        case bytes, missingFile, extraFile, mode, symlink, fileInsteadOfDirectory, otherDirectory
    }

    @Test(
        "A damaged version is replaced by a whole one",
        arguments: Damage.allCases,
        [false, true]
    )
    func damaged(damage: Damage, isLive: Bool) throws {
        try withStore { store in
            let directory = try store.stage("a")
            if isLive { try store.makeCurrent(Fixture.version("a"), of: "web") }
            let key = directory.appending("privkey.pem")
            switch damage {
            case .bytes: try writeFile(key, "key b\n", mode: 0o600)
            case .missingFile: removeTree(key)
            case .extraFile: try writeFile(directory.appending("note"), "hello")
            case .mode: try writeFile(key, "key a\n", mode: 0o644)
            case .symlink:
                removeTree(key)
                try makeSymlink(key, to: "/etc/passwd")
            case .fileInsteadOfDirectory:
                removeTree(directory)
                try writeFile(directory, "hello")
            case .otherDirectory:
                removeTree(directory)
                try makeSymlink(directory, to: "/etc")
            }
            try store.stage("a")
            #expect(try readText(key) == "key a\n")
            #expect(facts(of: directory).map { $0.st_mode & S_IFMT } == S_IFDIR)
            #expect(try names(in: directory) == ["cert.pem", "privkey.pem"])
            #expect(mode(of: key) == 0o600)
            #expect(try store.versions(of: "web") == [Fixture.version("a")])
            #expect(try names(in: store.versions).filter { $0.hasPrefix(".staging") } == [])
        }
    }

    @Test("The files that a live version had stay for open readers until the next staging")
    func openReadersKeepTheirFiles() throws {
        try withStore { store in
            try store.install("a")
            try writeFile(store.current.appending("cert.pem"), "damaged")
            let reader = unsafe open(store.current.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { _ = close(reader) }
            try store.stage("a")
            #expect(unsafe faccessat(reader, "privkey.pem", R_OK, 0) == 0)
            try store.stage("b")
            #expect(unsafe faccessat(reader, "privkey.pem", R_OK, 0) != 0)
            #expect(try names(in: store.versions).count == 2)
        }
    }

    @Test(
        "A name that could leave its directory is refused before anything is made",
        arguments: ["", ".", "..", ".web", "a/b", "../web", "we b", "wéb", "web\n", "README"]
    )
    func badCertificateName(name: String) throws {
        try withStore { store in
            let before = try names(in: store.root)
            #expect(throws: StoreError.self) {
                try store.stage(
                    Fixture.files("a"),
                    of: name,
                    version: Fixture.version("a"),
                    access: FileAccess()
                )
            }
            #expect(throws: StoreError.self) { try store.makeCurrent(nil, of: name) }
            #expect(try names(in: store.root) == before)
        }
    }

    @Test(
        "A version that is not 32 lower-case hex digits is refused",
        arguments: [
            "", "..", "a", String(repeating: "A", count: 32), String(repeating: "g", count: 32),
        ]
    )
    func badVersion(version: String) throws {
        try withStore { store in
            #expect(throws: StoreError.self) {
                try store.stage(
                    Fixture.files("a"),
                    of: "web",
                    version: version,
                    access: FileAccess()
                )
            }
            #expect(throws: StoreError.self) { try store.makeCurrent(version, of: "web") }
            #expect(throws: StoreError.self) {
                try store.read("cert.pem", of: "web", version: version)
            }
        }
    }

    @Test("A file name with a slash is refused")
    func badFileName() throws {
        try withStore { store in
            let file = VersionFile(name: "../evil", contents: .text(""), isSecret: false)
            #expect(throws: StoreError.self) {
                try store.stage(
                    [file],
                    of: "web",
                    version: Fixture.version("a"),
                    access: FileAccess()
                )
            }
            #expect(facts(of: store.root.appending("web")) == nil)
        }
    }

    @Test("A file that cannot be written leaves the directory as it was")
    func failureLeavesNothing() throws {
        try withStore { store in
            try store.stage("a")
            let twice = Fixture.files("b") + Fixture.files("b")
            let error = #expect(throws: StoreError.self) {
                try store.stage(
                    twice,
                    of: "web",
                    version: Fixture.version("b"),
                    access: FileAccess()
                )
            }
            #expect(error?.operation == "create" && error?.cause == "File exists")
            #expect(try names(in: store.versions) == [Fixture.version("a")])
        }
    }
}
