import Sensitive
import Testing

@Suite("Sensitive bytes")
struct SensitiveBytesTests {
    private let secret = SensitiveBytes(copying: Array("correct horse".utf8))

    @Test("They show themselves as <redacted>, also to dump and interpolation")
    func redaction() {
        var dumped = ""
        dump(["token": secret], to: &dumped)
        #expect(!dumped.contains("99") && !dumped.contains("correct"))
        #expect("\(secret)" == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
    }

    @Test("They lend exactly what was put in")
    func content() {
        let copy = secret.withBytes { span in span.indices.map { span[$0] } }
        #expect(copy == Array("correct horse".utf8))
        #expect(secret == SensitiveBytes(copying: copy))
        #expect(secret != SensitiveBytes(copying: Array("correct house".utf8)))
    }
}
