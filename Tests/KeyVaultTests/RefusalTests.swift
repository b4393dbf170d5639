import Foundation
import HTTP
import Sensitive
import Testing

@testable import KeyVault

@Suite("What a vault says when it says no")
struct RefusalTests {
    private static let oid = "11111111-2222-3333-4444-55555555555a"
    private static let rbac = """
        Caller is not authorized to perform action on resource.\\r\\nCaller: appid=x;oid=\
        \(oid);iss=https://sts.windows.net/y/\\r\\nAction: 'Microsoft.KeyVault/…'\\r\\n
        """
    private static let grant = "grant \"Key Vault Secrets User\" to \(oid)"

    private func refusal(_ status: Int, _ body: String) -> Refusal {
        Refusal(
            HTTPResponse(
                status: status,
                fields: [],
                body: SensitiveBytes(copying: body.utf8),
                httpVersion: "2"
            )
        )
    }

    private func body(_ code: String, _ inner: String?, _ message: String) -> String {
        let innerError = inner.map { #","innererror":{"code":"\#($0)"}"# } ?? ""
        return #"{"error":{"code":"\#(code)","message":"\#(message)"\#(innerError)}}"#
    }

    @Test(
        "Status and codes decide what it is, and what to do",
        arguments: [
            (403, "Forbidden", "ForbiddenByRbac", rbac, .denied, grant),
            (403, "Forbidden", "ForbiddenByPolicy", "'appid=a;oid=\(oid);iss=b'", .denied, grant),
            (403, "Forbidden", "AccessDenied", "", .denied, "to the identity"),
            (
                403, "Forbidden", "ForbiddenByRbac", "oid=nonsense\\u001b[31m", .denied,
                "to the identity"
            ),
            (403, "Forbidden", "ForbiddenByFirewall", "", .denied, "firewall"),
            (403, "Forbidden", "ForbiddenByConnection", "", .denied, "private endpoint"),
            (403, "Forbidden", "SecretDisabled", "", .disabled, "enable"),
            (404, "SecretNotFound", nil, "", .notFound, "recover"),
            (404, "CertificateNotFound", nil, "", .notFound, "recover"),
            (401, "Unauthorized", nil, "AKV10022: Invalid audience.", .denied, "cloud"),
            (401, "Unauthorized", nil, "AKV10032: Invalid issuer.", .denied, "tenant"),
            (429, "Throttled", nil, "", .throttled, "less often"),
            (307, "x", nil, "", .rejected, "redirects"),
        ] as [(Int, String, String?, String, VaultError.Kind, String)]
    )
    func kinds(
        status: Int,
        code: String,
        inner: String?,
        message: String,
        kind: VaultError.Kind,
        hint: String
    ) {
        let refusal = refusal(status, body(code, inner, message))
        #expect(refusal.kind == kind)
        #expect(refusal.hint(role: "Key Vault Secrets User")?.contains(hint) == true)
    }

    @Test(
        "Words alone decide nothing",
        arguments: [
            (400, #"{"error":{"code":"BadParameter","message":"SecretNotFound"}}"#, .rejected),
            (404, "<h1>Not Found</h1>", .rejected),
            (404, "", .rejected),
            (403, "<p>SecretDisabled", .denied),
            (409, "{}", .rejected),
            (503, "\u{0}", .serverError),
        ] as [(Int, String, VaultError.Kind)]
    )
    func words(status: Int, body: String, kind: VaultError.Kind) {
        #expect(refusal(status, body).kind == kind)
    }

    @Test("A message is one bounded line without control characters")
    func message() {
        let long = "a\\r\\nkvagent: error: forged\\u001b[2J" + String(repeating: "x", count: 1000)
        let message = refusal(400, body("BadParameter", nil, long)).message ?? ""
        #expect(message.hasPrefix("a kvagent: error: forged [2Jxx"))
        #expect(message.unicodeScalars.count == 300)
        #expect(message.unicodeScalars.allSatisfy { $0.value >= 0x20 })
    }

    @Test("A code that Azure would not make is left out")
    func oddCode() {
        let refusal = refusal(403, body("For bidden", "\\u001b[31m", ""))
        #expect(refusal.code == nil && refusal.innerCode == nil)
    }

    @Test(
        "Retry-After is seconds or a date",
        arguments: [
            ("7", .seconds(7)), ("0", .zero),
            ("Sun, 06 Nov 1994 08:49:37 GMT", .seconds(10)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", .zero),
            ("soon", nil), ("-1", nil), ("1e9", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:49 GMT", nil),
            (String(repeating: "9", count: 100), nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(value: String, expected: Duration?) {
        let now = Date(timeIntervalSince1970: 784_111_767)
        #expect(RetryPolicy.retryAfter(value, now: now) == expected)
    }

    @Test("The waits are 1 and 2 s and up to half as long again, then it is over")
    func waits() {
        let policy = RetryPolicy.standard
        #expect(policy.delay(failures: 1, retryAfter: nil, chance: 0) == .seconds(1))
        #expect(policy.delay(failures: 2, retryAfter: nil, chance: 1) == .seconds(3))
        #expect(policy.delay(failures: 3, retryAfter: nil, chance: 0) == nil)
        #expect(policy.delay(failures: 1, retryAfter: .seconds(30), chance: 0) == .seconds(30))
        #expect(policy.delay(failures: 1, retryAfter: .seconds(31), chance: 0) == nil)
    }
}
