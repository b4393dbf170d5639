import Glibc
import Sensitive
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Keeping the store in order")
struct UpkeepTests {
    @Test("Preparing makes the root, the directories above it and the README")
    func prepare() throws {
        try withTemporaryDirectory { directory in
            let store = CertificateStore(root: directory.appending("var/lib/certs"))
            try store.prepare()
            #expect(mode(of: store.root) == 0o755)
            let readme = store.root.appending("README")
            #expect(mode(of: readme) == 0o644)
            let text = try readText(readme)
            #expect(text.contains("current/fullchain.pem") && text.contains("DO NOT MOVE"))
            let before = facts(of: readme)?.st_ino
            try store.prepare()
            #expect(facts(of: readme)?.st_ino == before)
            try writeFile(readme, "an earlier text")
            try store.prepare()
            #expect(try readText(readme) == text)
        }
    }

    @Test("Preparing removes what killed runs have left, and nothing else")
    func leftovers() throws {
        try withStore { store in
            try store.install("a")
            let ours = [
                store.versions.appending(".staging-0123456789abcdef").appending("privkey.pem"),
                store.versions.appending(".removed-0123456789abcdef").appending("cert.pem"),
                store.versions.appending(".replaced-0123456789abcdef").appending("cert.pem"),
                store.root.appending(".new-0123456789abcdef"),
            ]
            let theirs = [
                store.versions.appending(".staging-mine").appending("file"),
                store.root.appending(".hidden"), store.root.appending("web").appending("note"),
            ]
            for path in ours + theirs { try writeFile(path, "x") }
            try makeSymlink(store.root.appending("web/.new-0123456789abcdef"), to: "versions/x")
            try store.prepare()
            for path in ours { #expect(facts(of: path) == nil, "\(path)") }
            for path in theirs { #expect(facts(of: path) != nil, "\(path)") }
            #expect(try names(in: store.root.appending("web")) == ["current", "note", "versions"])
            #expect(try readText(store.current.appending("cert.pem")) == "cert a\n")
        }
    }

    @Test("A root that everybody can write to is refused")
    func publicRoot() throws {
        try withTemporaryDirectory { directory in
            let store = CertificateStore(root: directory.appending("certs"))
            try makeDirectories(store.root)
            #expect(unsafe chmod(store.root.string, 0o777) == 0)
            #expect(throws: StoreError.self) { try store.prepare() }
        }
    }

    @Test("Pruning keeps what it is told to, and always the live version")
    func prune() throws {
        try withStore { store in
            for digit in "abcd" { try store.stage(digit) }
            try store.makeCurrent(Fixture.version("b"), of: "web")
            try writeFile(store.versions.appending("note"), "mine")
            let gone = try store.prune("web", keeping: [Fixture.version("d")])
            #expect(gone == [Fixture.version("a"), Fixture.version("c")])
            #expect(try store.versions(of: "web") == [Fixture.version("b"), Fixture.version("d")])
            #expect(
                try names(in: store.versions)
                    == [Fixture.version("b"), Fixture.version("d"), "note"]
            )
        }
    }

    @Test(
        "Certificates are told from what others put beside them, and one is removed with all in it"
    )
    func removal() throws {
        try withStore { store in
            #expect(try store.certificates() == [])
            try store.install("a")
            try store.install("b")
            try #require(unsafe mkdir(store.root.appending("mine").string, 0o755) == 0)
            try writeFile(store.root.appending("mine").appending("file"), "mine")
            #expect(try store.certificates() == ["web"])
            #expect(try store.certificates(besides: ["web"]) == [])
            for name in ["mine", "missing", "../certs"] {
                #expect(throws: StoreError.self) { try store.remove(name) }
            }
            try store.remove("web")
            #expect(try store.certificates() == [])
            #expect(try names(in: store.root) == ["README", "mine"])
            #expect(try readText(store.root.appending("mine").appending("file")) == "mine")
        }
    }

    @Test("What others have put in a certificate's directory stays when the certificate is removed")
    func strangers() throws {
        try withStore { store in
            try store.install("a")
            try store.install("b")
            #expect(try store.strangers(beside: "web") == [])
            let web = store.root.appending("web")
            try writeFile(web.appending("note"), "mine")
            try writeFile(store.versions.appending("keep/file"), "mine")
            try writeFile(store.versions.appending(".removed-0123456789abcdef/privkey.pem"), "key")
            let strangers = [web.appending("note"), store.versions.appending("keep")]
            #expect(try store.strangers(beside: "web") == strangers)
            #expect(try store.remove("web") == strangers)
            #expect(try names(in: web) == ["note", "versions"])
            #expect(try names(in: store.versions) == ["keep"])
            removeTree(store.versions.appending("keep"))
            #expect(try store.remove("web") == [web.appending("note")])
            #expect(try names(in: web) == ["note"])
            #expect(try store.strangers(beside: "missing") == [])
            try writeFile(store.root.appending("file"), "mine")
            #expect(try store.strangers(beside: "file") == [store.root.appending("file")])
        }
    }

    @Test("What a killed removal has left is removed, and nothing else")
    func removalLeftovers() throws {
        try withStore { store in
            try store.install("a")
            try writeFile(store.root.appending(".removed-0123456789abcdef/privkey.pem"), "key")
            try writeFile(store.root.appending(".removed-mine/file"), "mine")
            try store.removeLeftovers()
            #expect(try names(in: store.root) == [".removed-mine", "README", "web"])
            try CertificateStore(root: store.root.appending("missing")).removeLeftovers()
        }
    }

    @Test("A place is the same by whatever path, and another by another name")
    func identity() throws {
        try withStore { store in
            let other = store.root.removingLastComponent().appending("other")
            try makeSymlink(other, to: store.root.string)
            let place = try #require(PlaceIdentity(store.root.appending("web")))
            #expect(PlaceIdentity(other.appending("web")) == place)
            #expect(PlaceIdentity(store.root.appending("api")) != place)
            #expect(PlaceIdentity(other.removingLastComponent().appending("web")) != place)
            #expect(PlaceIdentity(other.appending("gone/web")) == nil)
        }
    }

    @Test("A file is read back as it was written; one of more than 1 MiB is not")
    func read() throws {
        try withStore { store in
            let directory = try store.stage("a", padding: 10_000)
            let key = try store.read("privkey.pem", of: "web", version: Fixture.version("a"))
            let written = Array("key a\n".utf8) + [UInt8](repeating: 0x2E, count: 10_000)
            #expect(key == SensitiveBytes(copying: written))
            try writeFile(
                directory.appending("large"),
                bytes: [UInt8](repeating: 0, count: 1 << 20 + 1)
            )
            #expect(throws: StoreError.self) {
                try store.read("large", of: "web", version: Fixture.version("a"))
            }
        }
    }

    @Test("A file beside the certificates is replaced with one rename, with its mode")
    func durableFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("kvagent.prom")
            try DurableFile.replace(path, with: "one\n")
            #expect(mode(of: path) == 0o644)
            let before = facts(of: path)?.st_ino
            try DurableFile.replace(path, with: "two\n", mode: 0o600)
            #expect(try readText(path) == "two\n")
            #expect(mode(of: path) == 0o600 && facts(of: path)?.st_ino != before)
            #expect(throws: StoreError.self) {
                try DurableFile.replace(directory.appending("absent/file"), with: "")
            }
            #expect(try names(in: directory) == ["kvagent.prom"])
        }
    }
}
