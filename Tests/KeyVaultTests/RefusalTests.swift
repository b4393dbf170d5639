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

    private static let policy = """
        The user, group or application 'appid=\(appid);oid=\(oid);iss=https://sts.windows.net/y/' does \
        not have secrets get permission on key vault 'kv;location=westus'. For help …
        """
    private static let firewall = """
        Client address is not authorized and caller is not a trusted service.\\r\\nClient address: \
        203.0.113.7\\r\\nCaller: appid=\(appid);oid=\(oid);iss=z\\r\\nVault: kv;location=westus
        """
    private static let appid = "aaaaaaaa-2222-3333-4444-55555555555b"

    private func refusal(
        _ status: Int,
        _ body: String,
        date: String? = nil,
        now: Date = Date()
    ) -> Refusal {
        Refusal(
            HTTPResponse(
                status: status,
                fields: date.map { [.init(name: "Date", value: $0)] } ?? [],
                body: SensitiveBytes(copying: body.utf8),
                httpVersion: "2"
            ),
            now: now
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
            (
                403, "Forbidden", "ForbiddenByRbac", "appid=\(appid);oid=\(oid);iss=x", .denied,
                "\(grant) (client id \(appid))"
            ),
            (
                403, "Forbidden", "ForbiddenByPolicy", policy, .denied,
                "let \(oid) (client id \(appid)) get secrets in the vault's access policies"
            ),
            (
                403, "Forbidden", "ForbiddenByPolicy", "does not have keys wrap permission",
                .denied, "let the identity read secrets in"
            ),
            (403, "Forbidden", "AccessDenied", "", .denied, "being deleted or recovered"),
            (
                403, "Forbidden", "ForbiddenByRbac", "oid=nonsense\\u001b[31m", .denied,
                "to the identity"
            ),
            (403, "Forbidden", "ForbiddenByFirewall", firewall, .denied, "let 203.0.113.7 through"),
            (
                403, "Forbidden", "ForbiddenByFirewall", "Client address: $(reboot)", .denied,
                "let this machine's address or network through"
            ),
            (403, "Forbidden", "ForbiddenByConnection", "", .denied, "private endpoint"),
            (403, "Forbidden", "SecretDisabled", "", .disabled, "enable"),
            (404, "SecretNotFound", nil, "", .notFound, "recover"),
            (404, "CertificateNotFound", nil, "", .notFound, "recover"),
            (401, "Unauthorized", nil, "AKV10022: Invalid audience.", .denied, "cloud"),
            (401, "Unauthorized", nil, "AKV10032: Invalid issuer.", .denied, "tenant"),
            (
                401, "Unauthorized", nil, "[TokenExpired] Error validating token: 'S2S12086'.",
                .denied, "check this machine's clock"
            ),
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
        "A clock that differs by more than five minutes is named with a 401",
        arguments: [
            (-3600.0, "60 minutes behind the vault's"), (301, "5 minutes ahead of the vault's"),
            (400_000, "4 days ahead of"), (-10_000, "2 hours behind"),
            (299, "the vault takes the identity's token for expired"), (-299, "for expired"),
        ]
    )
    func clock(lead: TimeInterval, words: String) {
        let refusal = refusal(
            401,
            body("Unauthorized", nil, "[TokenExpired] Error validating token: 'S2S12086'."),
            date: "Sun, 06 Nov 1994 08:49:37 GMT",
            now: Date(timeIntervalSince1970: 784_111_777 + lead)
        )
        #expect(refusal.hint(role: "x")?.contains(words) == true, "\(refusal)")
    }

    @Test("A Date that is none names no clock", arguments: ["", "yesterday", "1"])
    func oddDate(date: String) {
        let refusal = refusal(401, body("Unauthorized", nil, ""), date: date)
        #expect(refusal.clockLead == nil)
        #expect(refusal.hint(role: "x")?.contains("tenant") == true)
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

    @Test("The waits are 1 to 16 s and up to half as long again, then it is over")
    func waits() {
        let policy = RetryPolicy.standard
        func delay(_ failures: Int, _ retryAfter: Duration? = nil, chance: Double) -> Duration? {
            policy.delay(failures: failures, retryAfter: retryAfter, chance: chance)
        }
        #expect((1...5).map { delay($0, chance: 0) } == [1, 2, 4, 8, 16].map { .seconds($0) })
        #expect(delay(2, chance: 1) == .seconds(3))
        #expect(delay(6, chance: 0) == nil)
        #expect(delay(1, .seconds(30), chance: 0) == .seconds(30))
        #expect(delay(1, .seconds(30), chance: 1) == .seconds(45))
        #expect(
            (1...5).map { delay($0, .seconds(3), chance: 0) }
                == [3, 3, 4, 8, 16].map { .seconds($0) },
            "a vault that goes on refusing is asked less, whatever it says"
        )
        #expect(delay(1, .seconds(31), chance: 0) == nil)
        #expect(
            (1...3).map {
                policy.delay(failures: $0, retryAfter: nil, hasAnswer: false, chance: 0)
            } == [.seconds(1), .seconds(2), nil]
        )
    }
}
