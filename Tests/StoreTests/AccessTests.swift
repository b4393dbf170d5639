import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite("Who may read a version")
struct AccessTests {
    private static let nobody: uid_t = 65534
    private static let daemonGroup: gid_t = 1

    @Test("An access in words is the same for all that mean the same")
    func words() {
        #expect(FileAccess().words == "0600 -:-")
        var access = FileAccess(owner: "root", group: "ssl-cert", mode: 0o640)
        #expect(access.words == "0640 root:ssl-cert")
        access.acls = [ReadGrant(user: "b", group: "ops"), ReadGrant(user: "a")]
        #expect(access.words == "0640 root:ssl-cert acl group ops, user a, user b")
        let words = access.words
        access.acls = [ReadGrant(user: "a"), ReadGrant(user: "b"), ReadGrant(group: "ops")]
        #expect(access.words == words)
        access.acls = [ReadGrant(group: "a"), ReadGrant(user: "b"), ReadGrant(group: "ops")]
        #expect(access.words != words)
    }

    @Test("Secret files have the mode as it is, public ones may be read by all")
    func modes() throws {
        try withStore { store in
            for mode in [0o600, 0o640, 0o400, 0o440] as [UInt16] {
                let directory = try store.stage("a", access: FileAccess(mode: mode))
                #expect(TestSupport.mode(of: directory.appending("privkey.pem")) == mode_t(mode))
                #expect(
                    TestSupport.mode(of: directory.appending("cert.pem")) == mode_t(mode) | 0o444
                )
            }
        }
    }

    @Test(
        "Owner and group are given by name or by number",
        .enabled(if: getuid() == 0),
        arguments: [("nobody", "daemon"), ("65534", "1")]
    )
    func owners(owner: String, group: String) throws {
        try withStore { store in
            let access = FileAccess(owner: owner, group: group, mode: 0o640)
            let directory = try store.stage("a", access: access)
            for name in ["privkey.pem", "cert.pem"] {
                let facts = facts(of: directory.appending(name))
                #expect(facts?.st_uid == Self.nobody && facts?.st_gid == Self.daemonGroup)
            }
            #expect(facts(of: directory)?.st_uid == 0)
        }
    }

    @Test("Another access for a live version takes its place in one step")
    func accessChanges() throws {
        try withStore { store in
            try store.install("a", access: FileAccess(mode: 0o640))
            try store.stage("a", access: FileAccess(mode: 0o600))
            #expect(mode(of: store.current.appending("privkey.pem")) == 0o600)
            #expect(try readText(store.current.appending("privkey.pem")) == "key a\n")
        }
    }

    @Test(
        "An unknown user or group is an access problem, and nothing is touched",
        arguments: [
            FileAccess(owner: "no-such-user"), FileAccess(group: "no-such-group"),
            FileAccess(acls: [ReadGrant(user: "no-such-user")]),
            FileAccess(acls: [ReadGrant(group: "no-such-group")]),
            FileAccess(mode: 0o4600),
        ]
    )
    func unknownAccount(access: FileAccess) throws {
        try withStore { store in
            let error = #expect(throws: StoreError.self) { try store.stage("a", access: access) }
            #expect(error?.isAccessProblem == true && error?.hint != nil)
            #expect(facts(of: store.root.appending("web")) == nil)
        }
    }

    @Test(
        "Giving files away without the privilege is an access problem",
        .enabled(if: getuid() == 0)
    )
    func notPermitted() async throws {
        try await withTemporaryDirectory { directory in
            #expect(unsafe chown(directory.string, Self.nobody, 65534) == 0)
            await #expect(processExitsWith: .success) { [root = directory.string as String] in
                try #require(setgid(65534) == 0 && setuid(65534) == 0)
                let store = CertificateStore(root: FilePath(root).appending("certs"))
                try store.prepare()
                let error = #expect(throws: StoreError.self) {
                    try store.stage("a", access: FileAccess(owner: "root"))
                }
                #expect(error?.isAccessProblem == true)
                #expect(try names(in: store.versions) == [])
            }
        }
    }

    @Test("An ACL lets named users and groups read secret files", .enabled(if: getuid() == 0))
    func accessList() async throws {
        try await withStore { store in
            let grants = [ReadGrant(user: "nobody", group: "daemon"), ReadGrant(user: "bin")]
            let directory = try store.stage("a", access: FileAccess(mode: 0o600, acls: grants))
            let expected: [UInt8] = [
                2, 0, 0, 0,
                0x01, 0, 6, 0, 0xFF, 0xFF, 0xFF, 0xFF,
                0x02, 0, 4, 0, 2, 0, 0, 0,  // bin
                0x02, 0, 4, 0, 0xFE, 0xFF, 0, 0,  // nobody
                0x04, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
                0x08, 0, 4, 0, 1, 0, 0, 0,  // daemon
                0x10, 0, 4, 0, 0xFF, 0xFF, 0xFF, 0xFF,
                0x20, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF,
            ]
            #expect(try list(of: directory.appending("privkey.pem")) == expected)
            #expect(try list(of: directory.appending("cert.pem")) == nil)
            // The group bits show the mask; the group itself may not read.
            #expect(mode(of: directory.appending("privkey.pem")) == 0o640)

            let key = directory.appending("privkey.pem").string
            #expect(try await runCommand(["cat", key], as: Self.nobody).output == "key a\n")
            #expect(try await runCommand(["cat", key], as: 2).output == "key a\n")
            #expect(try await runCommand(["cat", key], as: 7).status != 0)

            let before = facts(of: directory)?.st_ino
            try store.stage("a", access: FileAccess(mode: 0o600, acls: grants))
            #expect(facts(of: directory)?.st_ino == before)
            try store.stage("a", access: FileAccess(mode: 0o600))
            #expect(try list(of: directory.appending("privkey.pem")) == nil)
            #expect(try await runCommand(["cat", key], as: Self.nobody).status != 0)
        }
    }

    @Test("Reading a file tells whether it has its access, and other files are seen")
    func readWithAccess() throws {
        try withStore { store in
            try store.install("a", access: FileAccess(mode: 0o640))
            let version = Fixture.version("a")
            func hasAccess(_ file: String, _ access: FileAccess?) throws -> Bool? {
                let access = try access.map { try ResolvedAccess($0) }
                return try store.open(version: version, of: "web")?
                    .read(file, isSecret: file == "privkey.pem", access: access)?.hasAccess
            }
            #expect(try hasAccess("privkey.pem", FileAccess(mode: 0o640)) == true)
            #expect(try hasAccess("privkey.pem", FileAccess(mode: 0o600)) == false)
            #expect(try hasAccess("privkey.pem", nil) == false)
            #expect(try hasAccess("cert.pem", FileAccess(mode: 0o640)) == true)
            #expect(try hasAccess("nothing", FileAccess()) == nil)

            let known: Set = ["privkey.pem", "cert.pem"]
            func hasMore() throws -> Bool? {
                try store.open(version: version, of: "web")?.hasFiles(besides: known)
            }
            #expect(try hasMore() == false)
            try makeDirectories(store.current.appending("directory"))
            #expect(try hasMore() == false)
            try writeFile(store.current.appending("more.pem"), "x")
            #expect(try hasMore() == true)
        }
    }

    @Test("How the access of a file differs from what it should be is told in words")
    func drift() throws {
        try withStore { store in
            let access = FileAccess(mode: 0o640)
            try store.install("a", access: access)
            func drift(_ access: FileAccess) throws -> [String] {
                let stored = try store.open(version: Fixture.version("a"), of: "web")
                return try #require(
                    try stored?.accessDrift(of: Fixture.files("a"), access: ResolvedAccess(access))
                )
            }
            #expect(try drift(access) == [])
            #expect(try drift(FileAccess()) == ["privkey.pem has mode 0640, not 0600"])
            let key = store.current.appending("privkey.pem")
            try #require(unsafe chmod(key.string, 0o644) == 0)
            #expect(try drift(access) == ["privkey.pem has mode 0644, not 0640"])
            guard getuid() == 0 else { return }
            try #require(unsafe chown(key.string, 1, 1) == 0)
            let texts = try drift(access)
            #expect(texts.count == 1 && texts[0].contains(", not root:root"), "\(texts)")
            try #require(unsafe unlink(key.string) == 0)
            #expect(try drift(access) == [])
        }
    }

    @Test("Who may read is told by names: owner, group, those of the ACL, everyone")
    func readers() throws {
        try withStore { store in
            func readers(_ file: String, _ access: FileAccess) throws -> StoredFile? {
                try store.stage("a", access: access)
                return try store.files(of: Fixture.certificate, version: Fixture.version("a"))?
                    .first { $0.name == file }
            }
            let me = Account.name(ofUser: geteuid())
            let mine = Account.name(ofGroup: getegid())
            let own = try readers("privkey.pem", FileAccess(mode: 0o600))
            #expect(own?.readers == .init(users: [me]))
            #expect(own?.mode == 0o600 && own?.size == 6 && own?.owner == me && own?.group == mine)
            let shared = try readers("privkey.pem", FileAccess(mode: 0o640))
            #expect(shared?.readers == .init(users: [me], groups: [mine]))
            let open = try readers("cert.pem", FileAccess(mode: 0o600))
            #expect(open?.readers.isEveryone == true)
            #expect(try store.files(of: "web", version: Fixture.version("b")) == nil)
        }
    }

    @Test("The ACL counts under its mask, and numbers stand for who has no name")
    func readersOfList() throws {
        let list = AccessList(mode: 0o600, readers: .init(users: [7], groups: [12]))
        let entries = AccessList.entries(list.encoded)
        #expect(entries.filter(\.mayRead).map(\.tag) == [.owner, .user, .group, .mask])
        #expect(entries.filter { $0.tag == .user }.map(\.id) == [7])
        var masked = list.encoded
        // The mask's permissions.
        masked[masked.count - 14] = 0
        #expect(AccessList.entries(masked).filter(\.mayRead).map(\.tag) == [.owner])
        for broken in [[], [1, 0, 0, 0], Array(list.encoded.dropLast())] as [[UInt8]] {
            #expect(AccessList.entries(broken) == [])
        }
        #expect(Account.name(ofUser: 4_000_000_000) == "4000000000")
        #expect(Account.name(ofGroup: 0) == "root")
    }

    @Test("Users and groups of an ACL are told", .enabled(if: getuid() == 0))
    func readersByList() throws {
        try withStore { store in
            let grants = [ReadGrant(user: "nobody", group: "daemon"), ReadGrant(user: "bin")]
            try store.stage("a", access: FileAccess(mode: 0o600, acls: grants))
            let files = try store.files(of: Fixture.certificate, version: Fixture.version("a"))
            let key = try #require(files?.first { $0.name == "privkey.pem" })
            #expect(key.readers == .init(users: ["root", "bin", "nobody"], groups: ["daemon"]))
        }
    }

    @Test("An ACL of hundreds of users is set and recognised", .enabled(if: getuid() == 0))
    func longAccessList() throws {
        try withStore { store in
            let grants = (20_001...20_300).map { ReadGrant(user: "\($0)") }
            let directory = try store.stage("a", access: FileAccess(mode: 0o600, acls: grants))
            let size = try list(of: directory.appending("privkey.pem"))?.count ?? 0
            #expect(size > 300 * 8)
            let files = try store.files(of: Fixture.certificate, version: Fixture.version("a"))
            #expect(files?.first { $0.name == "privkey.pem" }?.readers.users.count == 301)
            let before = facts(of: directory)?.st_ino
            try store.stage("a", access: FileAccess(mode: 0o600, acls: grants))
            #expect(facts(of: directory)?.st_ino == before)
        }
    }

    @Test("A default ACL on the store's directory opens no key", .enabled(if: getuid() == 0))
    func defaultListIsNotInherited() async throws {
        try await withStore { store in
            let list = AccessList(mode: 0o750, readers: .init(users: [Self.nobody]))
            let root = unsafe open(store.root.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            try LinuxCalls.setAttribute("system.posix_acl_default", to: list.encoded, of: root)
            _ = close(root)
            let directory = try store.stage("a", access: FileAccess(mode: 0o640))
            let key = directory.appending("privkey.pem")
            #expect(try self.list(of: key) == nil)
            #expect(mode(of: key) == 0o640)
            #expect(try await runCommand(["cat", key.string], as: Self.nobody).status != 0)
        }
    }

    private func list(of path: FilePath) throws -> [UInt8]? {
        let file = unsafe open(path.string, O_RDONLY | O_CLOEXEC)
        defer { _ = close(file) }
        return try LinuxCalls.attribute(AccessList.attribute, of: file)
    }
}
