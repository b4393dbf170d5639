import Glibc
import Store
import Synchronization
import SystemPackage
import TestSupport
import Testing

@Suite("Readers while versions come and go")
struct ReaderTests {
    /// Tries every path at which a key is or is about to be, and says what it could open.
    private static let snoop = """
        while :; do
          for f in "$1"/web/versions/.*/privkey.pem "$1"/web/versions/*/privkey.pem \
            "$1"/web/current/privkey.pem; do
            if { IFS= read -r line; :; } < "$f"; then echo "LEAK $f: $line"; fi
          done
          if IFS= read -r line < "$1"/web/current/cert.pem; then echo "alive"; fi
        done 2>/dev/null
        """

    @Test(
        "A user without leave never reads a key, not for an instant",
        .enabled(if: getuid() == 0)
    )
    func unprivilegedReader() async throws {
        try await withStore { store in
            let log = store.root.appending(".log")
            let command = ["sh", "-c", Self.snoop, "sh", store.root.string]
            try await withRunningCommand(command, as: 65534, output: log) { _ in
                var round = 0
                // As many rounds as it takes for the reader to have looked often enough.
                while round < 20_000, facts(of: log)?.st_size ?? 0 < 6 * 3000 {
                    let digit: Character = round % 2 == 0 ? "a" : "b"
                    let access =
                        round % 3 == 0
                        ? FileAccess(group: "daemon", mode: 0o640) : FileAccess(mode: 0o600)
                    try store.install(digit, access: access)
                    if round % 5 == 0 { _ = try store.prune("web", keeping: []) }
                    round += 1
                }
            }
            let lines = try readText(log).split(separator: "\n")
            #expect(lines.filter { $0 == "alive" }.count >= 3000)
            #expect(lines.filter { $0.contains("LEAK") } == [])
        }
    }

    @Test("One who opens the directory once sees a key and a certificate that match")
    func matchingPair() async throws {
        try await withStore { store in
            for digit in "abc" { try store.stage(digit) }
            try store.makeCurrent(Fixture.version("a"), of: "web")
            let isDone = Atomic(false)
            let looks = Atomic(0)
            async let seen = read(store, counting: looks, until: isDone)
            var round = 0
            // At least 1500 swaps, and on a busy machine as many as it takes for the reader's turn.
            while round < 1500 || (looks.load(ordering: .relaxed) < 200 && round < 200_000) {
                let digit = Array("abc")[round % 3]
                try store.makeCurrent(Fixture.version(digit), of: "web")
                round += 1
                await Task.yield()
            }
            isDone.store(true, ordering: .releasing)
            let pairs = try await seen
            #expect(pairs.count > 100)
            #expect(pairs.allSatisfy { $0.key == $0.certificate })
            #expect(Set(pairs.map(\.key)).count > 1)
        }
    }

    private func read(
        _ store: CertificateStore,
        counting looks: borrowing Atomic<Int>,
        until isDone: borrowing Atomic<Bool>
    ) async throws -> [(key: String, certificate: String)] {
        var pairs: [(key: String, certificate: String)] = []
        while !isDone.load(ordering: .acquiring) {
            let directory = unsafe open(store.current.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // Old or new, never nothing.
            try #require(directory >= 0)
            defer { _ = close(directory) }
            let key = try text("privkey.pem", in: directory)
            let certificate = try text("cert.pem", in: directory)
            pairs.append((String(key.dropFirst(4)), String(certificate.dropFirst(5))))
            looks.add(1, ordering: .relaxed)
            await Task.yield()
        }
        return pairs
    }

    private func text(_ name: String, in directory: CInt) throws -> String {
        let file = FileDescriptor(
            rawValue: unsafe openat(directory, name, O_RDONLY | O_CLOEXEC)
        )
        try #require(file.rawValue >= 0)
        return try file.closeAfter {
            let bytes = unsafe try [UInt8](unsafeUninitializedCapacity: 64) { buffer, count in
                count = unsafe try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
