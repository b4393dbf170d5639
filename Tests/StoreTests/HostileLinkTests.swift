import Glibc
import Sensitive
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Symlinks that somebody has put into the store")
struct HostileLinkTests {
    /// Where a link leads a write that follows it.
    enum Place: String, CaseIterable {
        case certificate = "web"
        case versions = "web/versions"
        case readme = "README"
    }

    @Test("No write follows one out of the store", arguments: Place.allCases)
    func writesStayInside(place: Place) throws {
        try withTemporaryDirectory { directory in
            let store = CertificateStore(root: directory.appending("certs"))
            let outside = directory.appending("outside")
            let victim = place == .readme ? outside.appending("file") : outside
            try writeFile(outside.appending("file"), "untouched")
            let link = store.root.pushing(FilePath(place.rawValue))
            try makeDirectories(link.removingLastComponent())
            try makeSymlink(link, to: victim.string)

            if place == .readme {
                try store.prepare()
                try store.install("a")
            } else {
                #expect(throws: StoreError.self) { try store.stage("a") }
                #expect(throws: StoreError.self) { try store.versions(of: "web") }
            }
            #expect(try names(in: outside) == ["file"])
            #expect(try readText(outside.appending("file")) == "untouched")
        }
    }

    @Test("Reading a file of a version follows no link and waits for no pipe")
    func readsStayInside() throws {
        try withStore { store in
            let directory = try store.stage("a")
            try makeSymlink(directory.appending("link"), to: "/etc/passwd")
            #expect(unsafe mkfifo(directory.appending("pipe").string, 0o600) == 0)
            for name in ["link", "pipe"] {
                #expect(throws: StoreError.self, "\(name)") {
                    try store.read(name, of: "web", version: Fixture.version("a"))
                }
            }
            #expect(try store.read("absent", of: "web", version: Fixture.version("a")) == nil)
            #expect(
                try store.read("cert.pem", of: "web", version: Fixture.version("a"))?.count == 7
            )
        }
    }

    @Test("Removing a version removes links in it, not what they lead to")
    func removalStaysInside() throws {
        try withStore { store in
            let victim = store.root.appending("victim")
            try writeFile(victim.appending("file"), "untouched")
            let directory = try store.stage("a")
            try makeSymlink(directory.appending("link"), to: victim.string)
            try store.install("b")
            #expect(try store.prune("web", keeping: []) == [Fixture.version("a")])
            #expect(try readText(victim.appending("file")) == "untouched")
        }
    }

    @Test("A directory in which others could swap names is not used", arguments: [0o777, 0o775])
    func writableByOthers(mode: Int) throws {
        try withStore { store in
            try store.stage("a")
            #expect(unsafe chmod(store.versions.string, mode_t(mode)) == 0)
            let error = #expect(throws: StoreError.self) { try store.stage("b") }
            #expect(error?.cause.contains("writable by others") == true)
            #expect(try names(in: store.versions) == [Fixture.version("a")])
        }
    }

    @Test("A directory that belongs to somebody else is not used", .enabled(if: getuid() == 0))
    func foreignOwner() throws {
        try withStore { store in
            try store.stage("a")
            #expect(unsafe chown(store.root.appending("web").string, 65534, 0) == 0)
            #expect(throws: StoreError.self) { try store.stage("b") }
        }
    }
}
