import Glibc
import Sensitive
import Store
import SystemPackage
import TestSupport
import Testing

@Suite("Targets")
struct TargetTests {
    private func linkTarget(_ path: FilePath, _ file: String = "cert.pem") -> Target {
        Target(path: path, file: file, kind: .link)
    }

    private func copyTarget(_ path: FilePath, _ access: FileAccess = FileAccess()) -> Target {
        Target(path: path, file: "privkey.pem", kind: .copy(access))
    }

    private func key(_ digit: Character) -> VersionFile { Fixture.files(digit)[0] }

    /// A store, and a directory beside it as a server has one.
    private func withPlace(_ body: (CertificateStore, FilePath) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let store = CertificateStore(root: directory.appending("certs"))
            try store.prepare()
            let place = directory.appending("server")
            try #require(unsafe mkdir(place.string, 0o755) == 0)
            try body(store, place)
        }
    }

    @Test("Links lead through `current`, so one rename moves them too")
    func link() throws {
        try withPlace { store, place in
            try store.install("a")
            let inside = store.root.appending("webCert")
            let outside = place.appending("web.pem")
            for path in [inside, outside, outside] { try store.link(linkTarget(path), to: "web") }
            #expect(try readText(inside) == "cert a\n" && readText(outside) == "cert a\n")
            try store.install("b")
            #expect(try readText(inside) == "cert b\n" && readText(outside) == "cert b\n")
            #expect(try store.isLinked(linkTarget(outside), to: "web"))
            try store.link(linkTarget(outside, "privkey.pem"), to: "web")
            #expect(try !store.isLinked(linkTarget(outside), to: "web"))
            #expect(try readText(outside) == "key b\n")
            #expect(try names(in: store.root) == ["README", "web", "webCert"])
        }
    }

    @Test("A link replaces nothing that the agent has not made")
    func linkRefused() throws {
        try withPlace { store, _ in
            try store.install("a")
            try writeFile(store.root.appending("file"), "mine")
            try makeSymlink(store.root.appending("foreign"), to: "/etc/passwd")
            for name in ["file", "foreign", "web", "README", "missing/x"] {
                #expect(throws: StoreError.self, "\(name)") {
                    try store.link(linkTarget(store.root.appending(name)), to: "web")
                }
            }
            #expect(throws: StoreError.self) {
                try store.link(linkTarget(store.root.appending("x"), "../../x"), to: "web")
            }
            #expect(try readText(store.root.appending("file")) == "mine")
        }
    }

    @Test("A link that another agent made to a file of its own is taken over where that is wanted")
    func takenOver() throws {
        try withPlace { store, place in
            try store.install("a")
            let path = place.appending("kv.web")
            try writeFile(place.appending("kv.web.0123.1.2.PEM"), "old")
            try makeSymlink(path, to: place.appending("kv.web.0123.1.2.PEM").string)
            #expect(throws: StoreError.self) { try store.link(linkTarget(path), to: "web") }
            let standing = TargetStanding(takesOverLinksTo: "kv.web.")
            try store.link(linkTarget(path), to: "web", standing: standing)
            #expect(try readText(path) == "cert a\n")
            #expect(try readText(place.appending("kv.web.0123.1.2.PEM")) == "old")
        }
    }

    @Test("A copy appears with one rename, has its access, and is not written twice")
    func copy() throws {
        try withPlace { store, place in
            let target = copyTarget(place.appending("web.key"), FileAccess(mode: 0o640))
            let standing = TargetStanding(isOurs: true)
            let staged = try #require(
                try store.stageCopy(target, of: key("a"), standing: TargetStanding())
            )
            #expect(try names(in: place).allSatisfy { $0.hasPrefix(".new-") })
            try staged.commit()
            #expect(try readText(target.path) == "key a\n" && mode(of: target.path) == 0o640)
            #expect(try store.stageCopy(target, of: key("a"), standing: standing) == nil)
            #expect(try store.copyStanding(of: target, key("a")) == .right)
            #expect(try store.copyStanding(of: target, key("b")) == .changed)
            try #require(unsafe chmod(target.path.string, 0o644) == 0)
            #expect(try store.copyStanding(of: target, key("a")) == .otherAccess)
            try store.stageCopy(target, of: key("b"), standing: standing)?.commit()
            #expect(try readText(target.path) == "key b\n" && mode(of: target.path) == 0o640)
            try store.stageCopy(target, of: key("a"), standing: standing)?.discard()
            #expect(try names(in: place) == ["web.key"])
            try #require(unsafe unlink(target.path.string) == 0)
            #expect(try store.copyStanding(of: target, key("a")) == .missing)
        }
    }

    @Test("A copy replaces nothing that isn't the agent's, but for just these bytes")
    func copyRefused() throws {
        try withPlace { store, place in
            let target = copyTarget(place.appending("web.key"))
            try writeFile(target.path, "mine")
            let error = #expect(throws: StoreError.self) {
                try store.stageCopy(target, of: key("a"), standing: TargetStanding())
            }
            #expect(error?.hint?.contains("move it away") == true)
            #expect(try names(in: place) == ["web.key"] && readText(target.path) == "mine")
            try writeFile(target.path, "key a\n", mode: 0o644)
            try store.stageCopy(target, of: key("a"), standing: TargetStanding())?.commit()
            #expect(mode(of: target.path) == 0o600)
            let missing = copyTarget(place.appending("no").appending("web.key"))
            #expect(throws: StoreError.self) {
                try store.stageCopy(missing, of: key("a"), standing: TargetStanding())
            }
            try #require(unsafe chmod(place.string, 0o777) == 0)
            #expect(throws: StoreError.self) {
                try store.stageCopy(target, of: key("b"), standing: TargetStanding(isOurs: true))
            }
        }
    }

    @Test("A copy's place that is a symlink is replaced and not followed")
    func copyOverLink() throws {
        try withPlace { store, place in
            let target = copyTarget(place.appending("web.key"))
            try writeFile(place.appending("elsewhere"), "mine")
            try makeSymlink(target.path, to: "elsewhere")
            #expect(throws: StoreError.self) {
                try store.stageCopy(target, of: key("a"), standing: TargetStanding())
            }
            try store.stageCopy(target, of: key("a"), standing: TargetStanding(isOurs: true))?
                .commit()
            #expect(try readText(place.appending("elsewhere")) == "mine")
            #expect(try readText(target.path) == "key a\n")
        }
    }

    @Test("What a killed run left beside a copy goes, and nothing else")
    func leftovers() throws {
        try withPlace { store, place in
            let target = copyTarget(place.appending("web.key"))
            _ = try store.stageCopy(target, of: key("a"), standing: TargetStanding())
            try writeFile(place.appending(".new-mine"), "mine")
            try CertificateStore.removeLeftovers(beside: [target])
            #expect(try names(in: place) == [".new-mine"])
        }
    }

    @Test("What the agent put there is removed; what somebody else has put there since is not")
    func removed() throws {
        try withPlace { store, place in
            try store.install("a")
            func former(_ name: String, _ kind: FormerTarget.Kind) -> FormerTarget {
                FormerTarget(path: place.appending(name), kind: kind)
            }
            func remove(_ target: FormerTarget, count: Int = 6) throws -> FormerTarget.Remains {
                let remains = try target.remains { $0.count == count }
                #expect(try target.remove { $0.count == count } == remains)
                return remains
            }
            let link = former("web.pem", .link(to: "web", roots: [store.root]))
            try store.link(linkTarget(link.path), to: "web")
            let ofAnother = former("web.pem", .link(to: "api", roots: [store.root]))
            let elsewhere = former("web.pem", .link(to: "web", roots: ["/elsewhere"]))
            #expect(try remove(ofAnother) == .foreign && remove(elsewhere) == .foreign)
            #expect(try remove(former("web.pem", .copy)) == .foreign)
            #expect(try remove(link) == .ours && remove(link) == .nothing)
            try makeSymlink(link.path, to: "/etc/passwd")
            #expect(try remove(link) == .foreign)

            let inside = store.root.appending("webCert")
            try store.link(linkTarget(inside), to: "web")
            let other = FormerTarget(path: inside, kind: .link(to: "web", roots: [place]))
            let beside = FormerTarget(path: inside, kind: .link(to: "web", roots: [store.root]))
            #expect(try remove(other) == .foreign && remove(beside) == .ours)

            let copy = former("web.key", .copy)
            try store.stageCopy(copyTarget(copy.path), of: key("a"), standing: TargetStanding())?
                .commit()
            #expect(try remove(copy, count: 7) == .foreign)
            #expect(try remove(copy) == .ours && remove(copy) == .nothing)
            try #require(unsafe mkdir(copy.path.string, 0o755) == 0)
            #expect(try remove(copy) == .foreign)
            #expect(try remove(former("gone/web.key", .copy)) == .nothing)
            #expect(try names(in: place) == ["web.key", "web.pem"])
            // Others could put a file of theirs there between the look and the removal.
            try #require(unsafe chmod(place.string, 0o777) == 0)
            #expect(throws: StoreError.self) { try remove(link) }
        }
    }

    @Test("A file is overwritten before it is removed, unless it has another name")
    func overwritten() throws {
        try withPlace { store, _ in
            try store.install("a")
            try store.install("b")
            let old = store.versionDirectory(of: "web", version: Fixture.version("a"))
            // Whoever holds it open sees what becomes of the bytes.
            let held = unsafe open(old.appending("privkey.pem").string, O_RDONLY)
            defer { _ = close(held) }
            let other = store.root.removingLastComponent().appending("other")
            try #require(unsafe Glibc.link(old.appending("cert.pem").string, other.string) == 0)
            #expect(try store.prune("web", keeping: []) == [Fixture.version("a")])
            var bytes = [UInt8](repeating: 1, count: 6)
            #expect(unsafe pread(held, &bytes, 6, 0) == 6)
            // On a filesystem that doesn't write in place the bytes stay.
            let wasOverwritten = bytes == [UInt8](repeating: 0, count: 6)
            #expect(wasOverwritten || String(decoding: bytes, as: UTF8.self) == "key a\n")
            #expect(try readText(other) == "cert a\n")
        }
    }
}
