import Sensitive
import Store
import SystemPackage
import TestSupport

/// Versions of a made-up certificate, told apart by the digit that they are made of.
enum Fixture {
    static let certificate = "web"

    static func version(_ digit: Character) -> String { String(repeating: digit, count: 32) }

    /// The files of a version; each says which version it is of, as a key and its chain do.
    static func files(_ digit: Character, padding: Int = 0) -> [VersionFile] {
        let key = Array("key \(digit)\n".utf8) + [UInt8](repeating: 0x2E, count: padding)
        return [
            VersionFile(
                name: "privkey.pem",
                contents: .sensitive(SensitiveBytes(copying: key)),
                isSecret: true
            ),
            VersionFile(name: "cert.pem", contents: .text("cert \(digit)\n"), isSecret: false),
        ]
    }
}

extension CertificateStore {
    /// Stages a version of the fixture.
    @discardableResult
    func stage(
        _ digit: Character,
        padding: Int = 0,
        access: FileAccess = FileAccess()
    ) throws(StoreError) -> FilePath {
        try stage(
            Fixture.files(digit, padding: padding),
            of: Fixture.certificate,
            version: Fixture.version(digit),
            access: access
        )
    }

    /// Stages a version of the fixture and makes it live.
    func install(_ digit: Character, access: FileAccess = FileAccess()) throws(StoreError) {
        try stage(digit, access: access)
        try makeCurrent(Fixture.version(digit), of: Fixture.certificate)
    }

    var current: FilePath { currentDirectory(of: Fixture.certificate) }
    var versions: FilePath { root.appending("web").appending("versions") }
}

/// Runs `body` with a prepared store in a directory of its own.
@discardableResult
func withStore<Result>(_ body: (CertificateStore) throws -> Result) throws -> Result {
    try withTemporaryDirectory { directory in
        let store = CertificateStore(root: directory.appending("certs"))
        try store.prepare()
        return try body(store)
    }
}

/// As `withStore(_:)`, for a test that waits.
@discardableResult
func withStore<Result>(_ body: (CertificateStore) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { directory in
        let store = CertificateStore(root: directory.appending("certs"))
        try store.prepare()
        return try await body(store)
    }
}
