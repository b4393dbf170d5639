import Foundation
import KeyVaultEmulator
import PKI
import Sensitive
import SystemPackage
import Testing
import TestSupport

/// The ways to prove who kvagent is, as its operator meets them.
@Suite("Credentials", .timeLimit(.minutes(15)))
struct CredentialTests {
    /// Puts one certificate into the vault, and observes it.
    private func observe(_ bed: TestBed, authentication: String) async throws {
        try await bed.emulator.createCertificate(
            vault: TestBed.vault,
            name: "web",
            TestBed.options("web.example")
        )
        try bed.writeSettings(["web"], authentication: authentication)
    }

    private func withArc(_ body: (TestBed) async throws -> Void) async throws {
        try await withTestBed { configuration, directory in
            configuration.arcKeys = ArcKeyPlace(
                directory.appending("tokens").string,
                claimed: "/var/opt/azcmagent/tokens"
            )
        } _: { bed in
            try await observe(bed, authentication: "credential: managedIdentity")
            try await body(bed)
        }
    }

    /// What Azure Arc's agent puts into the environment of every service.
    private func arcVariables(_ bed: TestBed) -> String {
        "IDENTITY_ENDPOINT=\(bed.emulator.endpoints.identityEndpoint)/oauth2/token "
            + "IMDS_ENDPOINT=http://127.0.0.1"
    }

    @Test(
        "A machine of Azure Arc installs its certificate, with no word of it in the settings",
        .enabled { await canMount() }
    )
    func arc() async throws {
        try await withArc { bed in
            // A namespace of its own has /var/opt/azcmagent without one on the machine.
            let result = try await bed.shell(
                """
                exec unshare --mount sh -ec '
                    mount -t tmpfs tmpfs /var/opt
                    mkdir -p /var/opt/azcmagent "$2" && ln -s "$2" /var/opt/azcmagent/tokens
                    exec env \(arcVariables(bed)) "$0" sync --config "$1"
                ' "$0" "$1" \(bed.directory)/tokens
                """
            )
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("Where Azure Arc's key can't be read, kvagent says which file, and exits with 69")
    func arcWithoutKey() async throws {
        try await withArc { bed in
            let result = try await bed.shell(
                "exec env \(arcVariables(bed)) $0 sync --config $1"
            )
            #expect(result.status == 69)
            let file = "read key file /var/opt/azcmagent/tokens/"
            #expect(result.errors.contains(file) || result.output.contains(file))
        }
    }

    @Test("A machine without an identity is told so once in a pass, however many want one")
    func noIdentity() async throws {
        try await withTestBed { configuration, _ in
            configuration.hasSystemIdentity = false
        } _: { bed in
            let names = (0..<30).map { "web\($0)" }
            try bed.writeSettings(names)
            let result = try await bed.kvagent("sync", status: 69)
            #expect((result.output + result.errors).contains("Identity not found"))
            #expect(await bed.emulator.statistics().count(.identity) == 1)
        }
    }

    private static let client = "1f2e3d4c-1111-2222-3333-444455556666"

    private func withSecret(
        _ secret: String,
        file: String? = nil,
        _ body: (TestBed) async throws -> Void
    ) async throws {
        try await withTestBed { configuration, _ in
            configuration.clients = [Self.client: "s3cr3t~right"]
        } _: { bed in
            try writeFile(bed.directory.appending("azure"), secret, mode: 0o600)
            try await observe(
                bed,
                authentication: "{credential: clientSecret, clientId: \(Self.client), "
                    + "tenantId: \(bed.emulator.endpoints.tenantID), "
                    + "clientSecretFile: \(file ?? bed.directory.appending("azure").string)}"
            )
            try await body(bed)
        }
    }

    @Test("An application with a secret installs its certificate, and tells the secret to nobody")
    func secret() async throws {
        try await withSecret("s3cr3t~right\n") { bed in
            let result = try await bed.kvagent("sync", "--log-level", "trace", status: 0)
            #expect(!(result.output + result.errors).contains("s3cr3t"))
            #expect(try await bed.isWhole("web"))
            #expect(await bed.emulator.statistics().log.last?.clientID == Self.client)
            let checked = try await bed.kvagent("config", "show", status: 0)
            #expect(checked.output.contains("clientSecretFile: \(bed.directory)/azure"))
            #expect(!checked.output.contains("s3cr3t"))
        }
    }

    @Test("A secret that systemd passes is found by its name")
    func credentialOfTheService() async throws {
        try await withSecret("s3cr3t~right", file: "azure") { bed in
            let result = try await bed.shell(
                "CREDENTIALS_DIRECTORY=\(bed.directory) exec $0 sync --config $1"
            )
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test("A wrong secret is refused with the authority's number, and exit code 69")
    func wrongSecret() async throws {
        try await withSecret("s3cr3t~wrong") { bed in
            let result = try await bed.kvagent("sync", status: 69)
            #expect(
                result.errors.contains("AADSTS7000215") || result.output.contains("AADSTS7000215")
            )
            #expect(!(result.output + result.errors).contains("s3cr3t"))
        }
    }

    @Test("config check looks into the file of the secret")
    func checked() async throws {
        try await withSecret("") { bed in
            let result = try await bed.kvagent("config", "check", status: 78)
            let key = "authenticationSettings.clientSecretFile: \(bed.directory)/azure: empty"
            #expect(result.errors.contains(key), "\(result.errors)")
        }
    }

    @Test("A pod without its variables is told which one it lacks")
    func workload() async throws {
        try await withTestBed { bed in
            try await observe(bed, authentication: "credential: workloadIdentity")
            try await bed.kvagent("config", "check", status: 0)
            let result = try await bed.shell(
                "exec env -u AZURE_TENANT_ID -u AZURE_AUTHORITY_HOST $0 sync --config $1"
            )
            #expect(result.status == 69)
            #expect((result.output + result.errors).contains("AZURE_TENANT_ID is not set"))
        }
    }

    @Test("An application with a certificate installs its own, and tells its key to nobody")
    func certificate() async throws {
        let issued = try CertificateAuthority.selfSigned(
            CertificateRequest(
                subject: "CN=agent",
                dnsNames: [],
                algorithm: .rsa(bits: 2048),
                notBefore: Date(timeIntervalSinceNow: -3600),
                notAfter: Date(timeIntervalSinceNow: 3600)
            )
        )
        try await withTestBed { configuration, _ in
            configuration.clientCertificates = [Self.client: [.exact(issued.certificateDER)]]
        } _: { bed in
            let file = bed.directory.appending("agent.pem")
            let key = issued.key.pem.withBytes { span in span.indices.map { span[$0] } }
            let text = String(decoding: key, as: UTF8.self)
            try await observe(
                bed,
                authentication: "{credential: clientCertificate, clientId: \(Self.client), "
                    + "tenantId: \(bed.emulator.endpoints.tenantID), certificateFile: \(file)}"
            )
            try writeFile(file, text, mode: 0o600)
            let checked = try await bed.kvagent("config", "check", status: 78)
            #expect(
                checked.errors.contains(
                    "authenticationSettings.certificateFile: \(file): holds no certificate; write"
                )
            )
            let certificate = encodePEM(certificates: [issued.certificateDER])
            try writeFile(file, certificate + text, mode: 0o600)
            try await bed.kvagent("config", "check", status: 0)
            let result = try await bed.kvagent("sync", "--log-level", "trace", status: 0)
            #expect(try await bed.isWhole("web"))
            let line = try #require(text.split(separator: "\n").dropFirst().first)
            #expect(!(result.output + result.errors).contains(line))
            #expect(!(result.output + result.errors).contains("eyJ"))
        }
    }

    @Test(
        "An application of the environment installs its certificate; its hooks don't see the secret"
    )
    func environment() async throws {
        try await withTestBed { configuration, _ in
            configuration.clients = [Self.client: "s3cr3t~right"]
        } _: { bed in
            try await observe(bed, authentication: "credential: environment")
            let seen = bed.directory.appending("seen")
            try bed.hook("reload/r", "{ env; cat; } > \(seen)")
            let variables =
                "AZURE_TENANT_ID=\(bed.emulator.endpoints.tenantID) AZURE_CLIENT_ID=\(Self.client) "
                + "AZURE_AUTHORITY_HOST=\(bed.emulator.endpoints.authorityHost)"
            let lacking = try await bed.shell(
                "exec env -u AZURE_CLIENT_SECRET \(variables) $0 sync --config $1"
            )
            #expect(lacking.status == 69)
            #expect(
                (lacking.output + lacking.errors).contains(
                    "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set"
                )
            )
            let result = try await bed.shell(
                "AZURE_CLIENT_SECRET=s3cr3t~right exec env \(variables) "
                    + "$0 sync --log-level trace --config $1"
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(!(result.output + result.errors).contains("s3cr3t"))
            #expect(try !readText(seen).contains("s3cr3t"))
        }
    }

    @Test(
        "Whoever is logged in to az installs a certificate, and the token is told to nobody",
        .enabled { await canMount() }
    )
    func azureCommand() async throws {
        try await withTestBed { bed in
            try await observe(bed, authentication: "credential: azureCli")
            let answer = try await bed.shell(
                """
                exec curl --silent --fail --noproxy '*' --header 'Metadata: true' \
                    '\(bed.emulator.endpoints.identityEndpoint)/oauth2/token?api-version=2018-02-01&resource=https://vault.localhost'
                """
            )
            let bin = bed.directory.appending("bin")
            let text = answer.output.replacing("access_token", with: "accessToken")
                .replacing(/"expires_on": *"([0-9]+)"/) { "\"expires_on\":\($0.1)" }
            try writeFile(bin.appending("answer"), text)
            try writeFile(
                bin.appending("az"),
                "#!/bin/sh\n[ $1.$2.$3 = account.get-access-token.--output ] && cat /usr/local/bin/answer\n",
                mode: 0o755
            )
            // A namespace of its own has az where root's programs are.
            let run = """
                exec unshare --mount sh -ec '
                    mount --bind "$2" /usr/local/bin
                    exec "$0" sync --log-level trace --config "$1"
                ' "$0" "$1" \(bin)
                """
            let result = try await bed.shell(run)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(try await bed.isWhole("web"))
            #expect(!(result.output + result.errors).contains("eyJ"))
            try writeFile(
                bin.appending("az"),
                "#!/bin/sh\necho 'ERROR: AADSTS700082: The refresh token has expired.' >&2; exit 1\n",
                mode: 0o755
            )
            let refused = try await bed.shell(run)
            #expect(refused.status == 69)
            let said = refused.output + refused.errors
            #expect(said.contains("from az: ERROR: AADSTS700082: The refresh token has expired."))
            #expect(said.contains("log in as the user that kvagent runs as: az login"))
        }
    }
}
