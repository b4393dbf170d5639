import Glibc
import SystemPackage
import TestSupport
import Testing

extension TestBed {
    /// Makes a directory as a server has one.
    func makePlace() throws -> FilePath {
        let place = directory.appending("server")
        try #require(unsafe mkdir(place.string, 0o755) == 0)
        return place
    }

    /// A link and a copy there, as an entry has them.
    static func targets(_ place: FilePath) -> String {
        "targets: [{path: \(place)/web.pem, file: fullchain.pem}, "
            + "{path: \(place)/web.key, file: privkey.pem, copy: true}]"
    }

    /// Whether the live files, the link and the copy are there and belong together.
    func areWhole(_ name: String, _ place: FilePath) async throws -> Bool {
        let live = certs.appending(name).appending("current")
        return try await isWhole(name)
            && readText(place.appending("web.pem")) == readText(live.appending("fullchain.pem"))
            && readText(place.appending("web.key")) == readText(live.appending("privkey.pem"))
    }
}
