import Testing

@testable import KeyVaultEmulator

@Suite("Lists")
struct PagingTests {
    /// Follows the links of a list; the number of items of each page, and all ids.
    private func walk(_ bench: Bench, _ path: String) async throws -> (sizes: [Int], ids: [String])
    {
        var sizes: [Int] = []
        var ids: [String] = []
        var next: String? = path
        while let link = next {
            let json = try #require(try await bench.ask(link).json)
            let items = json["value"]?.array ?? []
            sizes.append(items.count)
            ids += items.compactMap { $0["id"]?.string }
            next = json["nextLink"]?.string
        }
        return (sizes, ids)
    }

    private func run(
        _ pages: EmulatorBehaviour.Pages,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await Bench.run({ $0.behaviour.pages = pages }) { bench in
            for number in 0..<30 {
                try await bench.emulator.putSecret(vault: "kv", name: "s\(number)", value: "1")
            }
            try await body(bench)
        }
    }

    @Test(
        "pages are cut as the service has been seen to cut them",
        arguments: [
            (EmulatorBehaviour.Pages.full, "", [25, 5]), (.full, "&maxresults=10", [10, 10, 10]),
            (.short, "", [24, 6]), (.short, "&maxresults=10", [9, 9, 9, 3]),
            (.emptyLast, "", [25, 5, 0]), (.emptyLast, "&maxresults=15", [15, 15, 0]),
        ]
    )
    func shapes(_ pages: EmulatorBehaviour.Pages, _ limit: String, _ sizes: [Int]) async throws {
        try await run(pages) { bench in
            let list = try await walk(bench, "/secrets?api-version=7.4" + limit)
            #expect(list.sizes == sizes)
            #expect(Set(list.ids).count == 30)
        }
    }

    @Test("a link to the next page is absolute and names the port")
    func link() async throws {
        try await run(.full) { bench in
            let answer = try await bench.ask("/secrets?api-version=7.4&maxresults=20")
            let link = try #require(answer.json?["nextLink"]?.string)
            let start = bench.emulator.endpoints.vaultURL("kv")
            #expect(link.hasPrefix("\(start)/secrets?api-version=7.4&$skiptoken="))
            #expect(link.hasSuffix("&maxresults=20"))
        }
    }

    @Test("the last page has a link that is null")
    func null() async throws {
        try await run(.full) { bench in
            let answer = try await bench.ask("/secrets/s1/versions?api-version=7.4")
            #expect(answer.text.hasSuffix("],\"nextLink\":null}"))
        }
    }

    @Test("versions are in the order of their ids and not of their age")
    func order() async throws {
        try await Bench.run { bench in
            var made: [String] = []
            for number in 0..<30 {
                made.append(
                    try await bench.emulator.putSecret(vault: "kv", name: "s", value: "\(number)")
                )
            }
            let list = try await walk(bench, "/secrets/s/versions?api-version=7.4")
            #expect(list.ids.map { String($0.suffix(32)) } == made.sorted())
            #expect(made != made.sorted())
            let newest = try await bench.ask("/secrets/s?api-version=7.4")
            #expect(newest.json?["value"] == .string("29"))
        }
    }

    @Test("a page of no size, or too large a one, is refused", arguments: ["0", "26", "x"])
    func badSize(_ size: String) async throws {
        try await Bench.run { bench in
            let answer = try await bench.ask("/secrets?api-version=7.4&maxresults=\(size)")
            #expect(answer.status == 400)
        }
    }
}
