import Glibc
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Making a version current")
struct CurrentTests {
    @Test("The link names the version, relative to the certificate's directory")
    func swap() throws {
        try withStore { store in
            try store.install("a")
            #expect(try store.currentVersion(of: "web") == Fixture.version("a"))
            #expect(try readText(store.current.appending("cert.pem")) == "cert a\n")
            try store.install("b")
            #expect(try store.currentVersion(of: "web") == Fixture.version("b"))
            #expect(try readText(store.current.appending("privkey.pem")) == "key b\n")
            #expect(try names(in: store.root.appending("web")) == ["current", "versions"])
            try store.makeCurrent(Fixture.version("a"), of: "web")
            #expect(try readText(store.current.appending("cert.pem")) == "cert a\n")
        }
    }

    @Test("The live versions of many are told in their order, with the trouble of each")
    func many() throws {
        try withStore { store in
            try store.install("a")
            try makeDirectories(store.root.appending("odd/current"))
            let found = store.currentVersions(of: ["none", "odd", "web", "../web"])
            #expect(try found[0].get() == nil)
            #expect(throws: StoreError.self) { try found[1].get() }
            #expect(try found[2].get() == Fixture.version("a"))
            #expect(throws: StoreError.self) { try found[3].get() }
            let nowhere = CertificateStore(root: store.root.appending("missing"))
            #expect(try nowhere.currentVersions(of: ["web"])[0].get() == nil)
            let file = CertificateStore(root: store.root.appending("README"))
            #expect(throws: StoreError.self) { try file.currentVersions(of: ["web"])[0].get() }
        }
    }

    @Test("Without a version the link goes away, and twice is no error")
    func removal() throws {
        try withStore { store in
            try store.install("a")
            try store.makeCurrent(nil, of: "web")
            try store.makeCurrent(nil, of: "web")
            #expect(try store.currentVersion(of: "web") == nil)
            #expect(try store.versions(of: "web") == [Fixture.version("a")])
        }
    }

    @Test("A version that is not on disk is refused, and the live one stays")
    func missingVersion() throws {
        try withStore { store in
            try store.install("a")
            let error = #expect(throws: StoreError.self) {
                try store.makeCurrent(Fixture.version("b"), of: "web")
            }
            #expect(error?.hint != nil)
            #expect(try store.currentVersion(of: "web") == Fixture.version("a"))
            #expect(throws: StoreError.self) {
                try store.makeCurrent(Fixture.version("b"), of: "unheard-of")
            }
        }
    }

    @Test(
        "A link that is not ours is an error to read, and a switch puts it right",
        arguments: [
            "/etc", "versions/latest", "../other/versions/\(Fixture.version("a"))",
            "versions/\(Fixture.version("a"))/", "./versions/\(Fixture.version("a"))",
        ]
    )
    func foreignLink(target: String) throws {
        try withStore { store in
            try store.install("a")
            removeTree(store.current)
            try makeSymlink(store.current, to: target)
            #expect(throws: StoreError.self) { try store.currentVersion(of: "web") }
            #expect(throws: StoreError.self) { try store.prune("web", keeping: []) }
            try store.makeCurrent(Fixture.version("a"), of: "web")
            #expect(try store.currentVersion(of: "web") == Fixture.version("a"))
        }
    }

    @Test("A file or directory in the link's place is left alone", arguments: [true, false])
    func notALink(isDirectory: Bool) throws {
        try withStore { store in
            try store.stage("a")
            let mine = isDirectory ? store.current.appending("mine") : store.current
            try writeFile(mine, "mine")
            #expect(throws: StoreError.self) { try store.currentVersion(of: "web") }
            for version in [Fixture.version("a"), nil] {
                #expect(throws: StoreError.self) { try store.makeCurrent(version, of: "web") }
            }
            #expect(try readText(mine) == "mine")
        }
    }

    @Test("A certificate or root that is not there yet has no current version and no versions")
    func nothingYet() throws {
        try withTemporaryDirectory { directory throws in
            let store = CertificateStore(root: directory.appending("certs"))
            #expect(try store.currentVersion(of: "web") == nil)
            #expect(try store.versions(of: "web") == [])
            #expect(try store.read("cert.pem", of: "web", version: Fixture.version("a")) == nil)
            #expect(try store.prune("web", keeping: []) == [])
        }
    }
}
