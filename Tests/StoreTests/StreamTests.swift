import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Store

@Suite("A file that is written piece by piece")
struct StreamTests {
    private struct Enough: Error {}

    @Test("It is whole, has its mode past the umask, and replaces what was there")
    func whole() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("page.html")
            for round in ["one", "two"] {
                try DurableFile.replace(path, mode: 0o640) { write in
                    for _ in 0..<1000 { try write(round) }
                }
                #expect(try readText(path) == String(repeating: round, count: 1000))
                #expect(mode(of: path) == 0o640)
            }
            #expect(try names(directory) == ["page.html"])
        }
    }

    @Test("When its making fails, the old one stays and nothing else")
    func failure() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("page.html")
            try writeFile(path, "old")
            #expect(throws: Enough.self) {
                try DurableFile.replace(path, mode: 0o640) { write in
                    try write("new")
                    throw Enough()
                }
            }
            #expect(try readText(path) == "old")
            #expect(try names(directory) == ["page.html"])
        }
    }

    @Test("A directory that others may write to is no obstacle: a person has named it")
    func shared() throws {
        try withTemporaryDirectory { directory in
            let shared = directory.appending("tmp")
            try makeDirectories(shared)
            #expect(unsafe chmod(shared.string, 0o1777) == 0)
            try DurableFile.replace(shared.appending("page.html"), mode: 0o640) { try $0("x") }
            #expect(try readText(shared.appending("page.html")) == "x")
        }
    }

    @Test(
        "Neither a link nor a device nor a directory is replaced",
        arguments: ["link", "pipe", "dir"]
    )
    func otherKinds(kind: String) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending(kind)
            try writeFile(directory.appending("target"), "old")
            switch kind {
            case "link": #expect(unsafe symlink("target", path.string) == 0)
            case "pipe": #expect(unsafe mkfifo(path.string, 0o600) == 0)
            default: try makeDirectories(path)
            }
            let before = facts(of: path)?.st_ino
            let error = #expect(throws: StoreError.self) {
                try DurableFile.replace(path, mode: 0o640) { try $0("new") }
            }
            #expect(error?.operation == "replace")
            #expect(facts(of: path)?.st_ino == before)
            #expect(try readText(directory.appending("target")) == "old")
        }
    }

    private func names(_ directory: FilePath) throws -> [String] {
        try Directory.open(directory).names().sorted()
    }
}
