import Testing

@testable import History

@Suite("Where files were put")
struct PlaceTests {
    @Test("A placement is kept until it is forgotten, and its access follows")
    func placements() throws {
        try withHistory { history, _ in
            try history.register(certificate: "web", url: "u", at: time(0))
            var record = PlacementRecord(certificate: "web", location: "/certs", access: "0600")
            try history.record([record])
            try history.record([record])
            record.access = "0640"
            let other = PlacementRecord(certificate: "web", location: "/old", access: "0600")
            try history.record([other, record])
            #expect(try history.placements() == [record, other])
            try history.forgetPlacement(of: "web", in: "/old")
            #expect(try history.placements() == [record])
            #expect(throws: HistoryError.self) {
                try history.record([
                    PlacementRecord(certificate: "stranger", location: "/certs", access: "0600")
                ])
            }
        }
    }

    @Test("A target is known by its path, and is whose it was made for last")
    func targets() throws {
        try withHistory { history, _ in
            for name in ["web", "api"] {
                try history.register(certificate: name, url: "u", at: time(0))
            }
            let link = TargetRecord(path: "/srv/web.pem", certificate: "web", kind: .link)
            var copy = TargetRecord(path: "/srv/key", certificate: "web", kind: .copy)
            try history.record(link)
            try history.record(copy)
            copy.sha256 = String(repeating: "a", count: 64)
            try history.record(copy)
            #expect(try history.targets() == [copy, link])
            copy.certificate = "api"
            try history.record(copy)
            #expect(try history.targets(of: "web") == [link])
            #expect(try history.targets(of: "api") == [copy])
            try history.forgetTarget(at: "/srv/web.pem")
            #expect(try history.targets() == [copy])
        }
    }
}
