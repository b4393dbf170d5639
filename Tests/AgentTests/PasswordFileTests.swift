import Glibc
import Sensitive
import Store
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("Password files")
struct PasswordFileTests {
    private static func read(_ contents: [UInt8], mode: UInt16 = 0o600) throws -> [UInt8] {
        try withTemporaryDirectory { directory in
            let file = directory.appending("password")
            try writeFile(file, bytes: contents)
            try #require(unsafe chmod(file.string, mode_t(mode)) == 0)
            let password = try PasswordFile(path: file).read()
            return password.withBytes { span in span.indices.map { span[$0] } }
        }
    }

    @Test(
        "The password is the line without its end, whatever it is made of",
        arguments: [
            ("secret", "secret"), ("secret\n", "secret"), (" a b ", " a b "),
            ("geh\u{E4}im \u{1F511}\n", "geh\u{E4}im \u{1F511}"),
        ]
    )
    func contents(text: String, password: String) throws {
        #expect(try Self.read(Array(text.utf8)) == Array(password.utf8))
        #expect(try Self.read(Array(text.utf8), mode: 0o640) == Array(password.utf8))
    }

    @Test("4 KiB are a password, one byte more is some other file")
    func size() throws {
        let largest = [UInt8](repeating: UInt8(ascii: "a"), count: 4096)
        #expect(try Self.read(largest) == largest)
        let error = #expect(throws: StoreError.self) { try Self.read(largest + largest.prefix(1)) }
        #expect(error?.cause == "is larger than 4096 bytes")
    }

    @Test(
        "What can be no password is refused, with the file's name and what to do",
        arguments: [
            ([], "is empty"), ([0x0A], "is empty"), ([0x61, 0x0A, 0x0A], "a control character"),
            ([0x61, 0x0D, 0x0A], "a control character"), ([0x61, 0x00], "a control character"),
            ([0xE4, 0x62], "is not UTF-8"),
        ] as [([UInt8], String)]
    )
    func refused(contents: [UInt8], cause: String) throws {
        let error = #expect(throws: StoreError.self) { try Self.read(contents) }
        #expect(error?.cause.contains(cause) == true, "\(String(describing: error))")
        #expect(error?.path.hasSuffix("/password") == true && error?.hint != nil)
    }

    @Test("A file that everybody may read or write is refused, with the command that mends it")
    func open() throws {
        for (mode, what) in [(0o604, "readable"), (0o644, "readable"), (0o602, "writable")] {
            let error = #expect(throws: StoreError.self) {
                try Self.read(Array("a".utf8), mode: UInt16(mode))
            }
            #expect(error?.cause == "is \(what) by everybody")
            #expect(error?.hint?.hasPrefix("chmod o= /") == true)
        }
    }

    @Test("What is missing or no regular file is refused at once, a FIFO too")
    func noFile() throws {
        try withTemporaryDirectory { directory in
            let pipe = directory.appending("pipe")
            #expect(unsafe mkfifo(pipe.string, 0o600) == 0)
            for path in [pipe, directory] {
                let error = #expect(throws: StoreError.self) { try PasswordFile(path: path).read() }
                #expect(error?.cause == "is not a regular file")
            }
            let missing = directory.appending("missing")
            let error = #expect(throws: StoreError.self) { try PasswordFile(path: missing).read() }
            #expect(error?.description == "read password \(missing): No such file or directory")
            #expect(error?.hint == "write the password into it, mode 0600")
        }
    }
}
