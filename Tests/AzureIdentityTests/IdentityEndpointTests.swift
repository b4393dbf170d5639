import AzureIdentity
import Testing

@Suite("Identity endpoints")
struct IdentityEndpointTests {
    @Test(
        "Every form that Microsoft's samples use names the same endpoint",
        arguments: [
            (
                "http://169.254.169.254/metadata/identity",
                "http://169.254.169.254/metadata/identity"
            ),
            (
                "http://169.254.169.254/metadata/identity/",
                "http://169.254.169.254/metadata/identity"
            ),
            (
                "http://169.254.169.254/metadata/identity/oauth2/token",
                "http://169.254.169.254/metadata/identity"
            ),
            (
                "HTTP://169.254.169.254:80/metadata/identity/OAuth2/Token/",
                "http://169.254.169.254/metadata/identity"
            ),
            (
                "http://LocalHost:40342/metadata/identity",
                "http://localhost:40342/metadata/identity"
            ),
            (
                "http://imds.localhost:8080/metadata/identity",
                "http://imds.localhost:8080/metadata/identity"
            ),
            ("http://127.1.2.3/metadata/identity", "http://127.1.2.3/metadata/identity"),
            ("http://[::1]:9/metadata/identity", "http://[::1]:9/metadata/identity"),
            ("http://localhost:42356/msi/token", "http://localhost:42356/msi/token"),
            ("http://127.0.0.1:41275/MSI/token/", "http://127.0.0.1:41275/MSI/token/"),
            ("http://169.254.129.2:8081/msi/token", "http://169.254.129.2:8081/msi/token"),
        ]
    )
    func accepted(setting: String, baseURL: String) throws {
        #expect(try IdentityEndpoint(setting: setting).baseURL == baseURL)
    }

    @Test("The endpoint of IMDS is what its setting reads as")
    func imds() throws {
        let setting = "http://169.254.169.254/metadata/identity/oauth2/token"
        #expect(try IdentityEndpoint(setting: setting) == .imds)
    }

    @Test(
        "Anything else is refused with its reason",
        arguments: [
            ("", .notURL),
            ("169.254.169.254/metadata/identity", .notURL),
            ("http:///169.254.169.254/metadata/identity", .notURL),
            ("https://169.254.169.254/metadata/identity", .notHTTP),
            ("http://me:pw@127.0.0.1/metadata/identity", .hasCredentials),
            ("http://127.0.0.1/metadata/identity?a=b", .hasQuery),
            ("http://127.0.0.1/metadata/identity#a", .hasQuery),
            ("http://127.0.0.1:0/metadata/identity", .badPort),
            ("http://127.0.0.1:65536/metadata/identity", .badPort),
            ("http://127.0.0.1:+80/metadata/identity", .badPort),
            ("http://127.0.0.1", .badPath),
            ("http://127.0.0.1/", .badPath),
            ("http://127.0.0.1/a b", .badPath),
            ("http://127.0.0.1/a%2Fb", .badPath),
            ("http://127.0.0.1//a", .badPath),
            ("http://example.com/metadata/identity", .foreignHost("example.com")),
            ("http://127.0.0.1.example.com/x", .foreignHost("127.0.0.1.example.com")),
            ("http://127.0.0.01/x", .foreignHost("127.0.0.01")),
            ("http://127.1/x", .foreignHost("127.1")),
            ("http://localhost.example.com/x", .foreignHost("localhost.example.com")),
            ("http://evil.com\\.localhost/x", .foreignHost("evil.com\\.localhost")),
            ("http://[::1]evil.localhost/x", .foreignHost("[::1]evil.localhost")),
            ("http://169.254.169.253/metadata/identity", .foreignHost("169.254.169.253")),
            ("http://10.0.0.1/msi/token", .foreignHost("10.0.0.1")),
            ("http://169.254.1/msi/token", .foreignHost("169.254.1")),
            ("http://169.254.1.example/msi/token", .foreignHost("169.254.1.example")),
            ("http://169.254.1.2/msi/token/x", .foreignHost("169.254.1.2")),
        ] as [(String, IdentityEndpointError)]
    )
    func refused(setting: String, error: IdentityEndpointError) {
        #expect(throws: error) { try IdentityEndpoint(setting: setting) }
        #expect(!error.description.isEmpty && error.hint != nil)
    }

    @Test(
        "Azure Arc is known by its port on this machine, an app by its path",
        arguments: [
            ("http://localhost:40342/metadata/identity", .arc),
            ("http://127.0.0.1:40342/metadata/identity/oauth2/token", .arc),
            ("http://localhost:40341/metadata/identity", .imds),
            ("http://169.254.169.254:40342/metadata/identity", .imds),
            ("http://localhost:40342/msi/token", .appService),
            ("http://localhost:40342/msi/token/oauth2/token", .arc),
        ] as [(String, IdentityEndpoint.Kind)]
    )
    func kind(setting: String, kind: IdentityEndpoint.Kind) throws {
        #expect(try IdentityEndpoint(setting: setting).kind == kind)
    }

    @Test("Azure Arc is on this machine or nowhere")
    func arcElsewhere() {
        #expect(throws: IdentityEndpointError.notLoopback) {
            try IdentityEndpoint(setting: "http://169.254.169.254/metadata/identity", kind: .arc)
        }
    }

    @Test(
        "Without a setting, the environment and the agent of Azure Arc decide",
        arguments: [
            ([:], false, "http://169.254.169.254/metadata/identity", .imds),
            ([:], true, "http://localhost:40342/metadata/identity", .arc),
            (
                ["IDENTITY_ENDPOINT": "http://127.0.0.1:9/metadata/identity/oauth2/token"], false,
                "http://169.254.169.254/metadata/identity", .imds
            ),
            (
                [
                    "IDENTITY_ENDPOINT": "http://127.0.0.1:9/metadata/identity/oauth2/token",
                    "IMDS_ENDPOINT": "http://127.0.0.1:9",
                ], false, "http://127.0.0.1:9/metadata/identity", .arc
            ),
            (
                ["IDENTITY_ENDPOINT": "http://example.com/x", "IMDS_ENDPOINT": "http://127.0.0.1"],
                false, "http://localhost:40342/metadata/identity", .arc
            ),
            (
                [
                    "IDENTITY_ENDPOINT": "http://127.0.0.1:9/a/token/", "IDENTITY_HEADER": "h",
                    "IMDS_ENDPOINT": "http://127.0.0.1",
                ], true, "http://127.0.0.1:9/a/token/", .appService
            ),
            (
                ["IDENTITY_ENDPOINT": "", "IDENTITY_HEADER": "h"], false,
                "http://169.254.169.254/metadata/identity", .imds
            ),
        ] as [([String: String], Bool, String, IdentityEndpoint.Kind)]
    )
    func discovered(
        environment: [String: String],
        hasAgent: Bool,
        baseURL: String,
        kind: IdentityEndpoint.Kind
    ) throws {
        let surroundings = IdentitySurroundings(
            environment: environment,
            arcProgram: hasAgent ? "/bin/sh" : "/nonexistent/himds"
        )
        let endpoint = try IdentityEndpoint.discovered(in: surroundings)
        #expect(endpoint.baseURL == baseURL)
        #expect(endpoint.kind == kind)
    }
}
