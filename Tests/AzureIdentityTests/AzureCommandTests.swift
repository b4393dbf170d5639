import AzureIdentity
import Foundation
import HTTP
import Sensitive
import SystemPackage
import TestSupport
import Testing

@Suite("Azure's command line", .timeLimit(.minutes(15)))
struct AzureCommandTests {
    /// Asks for a token where `az` is a script.
    private func outcome(
        _ script: String?,
        tenant: String? = nil,
        mode: mode_t = 0o755,
        limit: Duration = .seconds(30)
    ) async throws -> (Result<AccessToken, any Error>, noted: String) {
        try await withTemporaryDirectory { directory in
            let noted = directory.appending("noted")
            if let script {
                try writeFile(
                    directory.appending("bin/az"),
                    "#!/bin/sh\nNOTED=\(noted)\n\(script)\n",
                    mode: mode
                )
            }
            let cache = TokenCache(
                http: HTTPClient(),
                surroundings: IdentitySurroundings(
                    environment: [
                        "HOME": "/home/x", "HTTPS_PROXY": "http://p:1", "PATH": "/nowhere",
                        "AZURE_CLIENT_SECRET": "s3cr3t",
                    ],
                    commandDirectories: [directory.appending("bin").string, "/usr/bin", "/bin"],
                    commandLimit: limit
                ),
                now: { .testNow }
            )
            do {
                let token = try await cache.token(
                    for: "https://vault.azure.net",
                    using: .azureCLI(tenantID: tenant)
                )
                return (.success(token), (try? readText(noted)) ?? "")
            } catch {
                return (.failure(error), "")
            }
        }
    }

    private static let answer = """
        {"accessToken": "eyJ1", "expiresOn": "2001-01-01 00:00:00.000000", "expires_on": 1700003600,
         "subscription": "x", "tenant": "y", "tokenType": "Bearer"}
        """

    @Test("It is asked as azure-identity asks, in an environment of its own")
    func asked() async throws {
        let (outcome, noted) = try await outcome(
            "echo \"$@\" > $NOTED; env >> $NOTED; pwd >> $NOTED; cat >> $NOTED; echo '\(Self.answer)'",
            tenant: "contoso.com"
        )
        let token = try outcome.get()
        #expect(token.secret == SensitiveBytes(copying: "eyJ1".utf8))
        #expect(token.expiresAt == Date.testNow.addingTimeInterval(3600))
        #expect(token.renewAt == Date.testNow.addingTimeInterval(3300))
        let lines = noted.split(separator: "\n").map(String.init)
        #expect(
            lines.first == "account get-access-token --output json "
                + "--scope https://vault.azure.net/.default --tenant contoso.com"
        )
        #expect(lines.contains("HOME=/home/x"))
        #expect(lines.contains("HTTPS_PROXY=http://p:1"))
        #expect(lines.contains("AZURE_CORE_NO_COLOR=true"))
        #expect(lines.contains { $0.hasPrefix("PATH=") && !$0.contains("/nowhere") })
        #expect(!noted.contains("s3cr3t"))
        #expect(lines.last == "/")
    }

    @Test("An old az says the end in local time alone")
    func localTime() async throws {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = .current
        format.dateFormat = "yyyy-MM-dd HH:mm:ss.000000"
        let text = format.string(from: Date.testNow.addingTimeInterval(3600))
        let (outcome, _) = try await outcome(
            "echo '{\"accessToken\": \"eyJ1\", \"expiresOn\": \"\(text)\"}'"
        )
        #expect(try outcome.get().expiresAt == Date.testNow.addingTimeInterval(3600))
    }

    @Test(
        "What keeps it from giving a token is told",
        arguments: [
            (
                "echo 'ERROR: Please run az login to setup account.' >&2; exit 1",
                "get token for https://vault.azure.net from az: ERROR: Please run az login to setup account.",
                "az login"
            ),
            (
                "echo 'ERROR: AADSTS700082: The refresh token has expired. az login' >&2; exit 1",
                "get token for https://vault.azure.net from az: ERROR: AADSTS700082: The refresh token has expired. az login",
                "log in as the user that kvagent runs as: az login --tenant contoso.com"
            ),
            (
                "echo 'WARNING: old' >&2; echo 'ERROR: AADSTS90002: Tenant not found.' >&2; exit 1",
                "from az: ERROR: AADSTS90002: Tenant not found.",
                "check authenticationSettings.tenantId"
            ),
            (
                "echo 'AADSTS53003: Access has been blocked.' >&2; echo more >&2; exit 1",
                "from az: AADSTS53003: Access has been blocked.",
                "Conditional Access"
            ),
            (
                "echo 'WARNING: old' >&2; echo 'ERROR: no disk' >&2; echo more >&2; exit 1",
                "from az: ERROR: no disk", nil
            ),
            ("echo eyJhbGciOi >&2; exit 1", "from az: no reason given", nil),
            ("exit 3", "from az: no reason given", nil),
            ("kill -9 $$", "from az: no reason given", nil),
            ("echo nothing", "from az: the answer holds no usable token", nil),
            (
                "echo '{\"accessToken\": \"eyJ1\"}'", "from az: the answer holds no usable token",
                nil
            ),
            (
                "echo '{\"accessToken\": \"eyJ1\", \"expires_on\": 1}'",
                "from az: the answer holds no usable token", nil
            ),
        ] as [(String, String, String?)]
    )
    func refused(script: String, text: String, hint: String?) async throws {
        let (outcome, _) = try await outcome(script, tenant: "contoso.com")
        let error = try #require(throws: IdentityError.self) { try outcome.get() }
        #expect(error.description.hasSuffix(text), "\(error)")
        #expect(!error.description.contains("eyJ"))
        #expect(hint.map { error.hint?.contains($0) == true } ?? (error.hint == nil))
    }

    @Test("A flood of output is no answer")
    func flood() async throws {
        let (outcome, _) = try await outcome("yes eyJ1 | head -c 1000000")
        let error = try #require(throws: IdentityError.self) { try outcome.get() }
        #expect(!error.description.contains("eyJ"))
    }

    @Test(
        "One that does not answer is ended, and what it has started",
        arguments: ["exec sleep 600", "sleep 600; true", "trap '' TERM; sleep 600; sleep 600"]
    )
    func late(script: String) async throws {
        let (outcome, _) = try await outcome(script, limit: .milliseconds(50))
        let error = try #require(throws: IdentityError.self) { try outcome.get() }
        #expect(error.kind == .unreachable)
        #expect(error.description.contains("no answer within"))
    }

    @Test(
        "It is found nowhere but in the directories of root, and run only if nobody else writes it"
    )
    func absent() async throws {
        let (absent, _) = try await outcome(nil)
        let error = try #require(throws: IdentityError.self) { try absent.get() }
        #expect(error.description.contains("it is not installed in "))
        let (open, _) = try await outcome("echo '\(Self.answer)'", mode: 0o775)
        let other = try #require(throws: IdentityError.self) { try open.get() }
        #expect(other.description.hasSuffix("az can be changed by others than root"))
    }
}
