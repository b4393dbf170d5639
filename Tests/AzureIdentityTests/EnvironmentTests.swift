import Sensitive
import Testing

@testable import AzureIdentity

@Suite("Applications of the environment")
struct EnvironmentTests {
    private static let application = ["AZURE_TENANT_ID": "contoso.com", "AZURE_CLIENT_ID": "a-1"]

    private func resolve(
        _ variables: [String: String]
    ) throws -> (Application, ApplicationProof) {
        try EnvironmentIdentity.resolved(in: IdentitySurroundings(environment: variables))
    }

    @Test(
        "A secret comes before a certificate",
        arguments: [
            (["AZURE_CLIENT_SECRET": "s"], .secretVariable("AZURE_CLIENT_SECRET")),
            (
                ["AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_CERTIFICATE_PATH": "/a"],
                .secretVariable("AZURE_CLIENT_SECRET")
            ),
            (
                ["AZURE_CLIENT_SECRET": "", "AZURE_CLIENT_CERTIFICATE_PATH": "/a"],
                .certificateFile("/a", sendsChain: false)
            ),
            (
                [
                    "AZURE_CLIENT_CERTIFICATE_PATH": "/a",
                    "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN": "True",
                ],
                .certificateFile("/a", sendsChain: true)
            ),
        ] as [([String: String], ApplicationProof)]
    )
    func found(variables: [String: String], proof: ApplicationProof) throws {
        let found = try resolve(variables.merging(Self.application) { $1 })
        #expect(found.0 == Application(tenantID: "contoso.com", clientID: "a-1"))
        #expect(found.1 == proof)
    }

    @Test(
        "What is missing is named",
        arguments: [
            (["AZURE_TENANT_ID": ""], "AZURE_TENANT_ID is not set"),
            (["AZURE_CLIENT_ID": ""], "AZURE_CLIENT_ID is not set"),
            ([:], "neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is set"),
            (
                [
                    "AZURE_CLIENT_CERTIFICATE_PATH": "/a",
                    "AZURE_CLIENT_CERTIFICATE_PASSWORD": "p",
                ], "a key with a password is not read"
            ),
            (
                ["AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us"],
                "AZURE_AUTHORITY_HOST is https://login.microsoftonline.us, and the settings' cloud logs in at https://login.microsoftonline.com"
            ),
        ]
    )
    func missing(variables: [String: String], cause: String) throws {
        let problem = try #require(throws: CredentialProblem.self) {
            try resolve(Self.application.merging(variables) { $1 })
        }
        #expect(problem.cause == cause)
    }

    @Test("An authority by another of its names is the same one")
    func alias() throws {
        let variables = [
            "AZURE_AUTHORITY_HOST": "login.windows.net", "AZURE_CLIENT_SECRET": "s",
        ]
        _ = try resolve(Self.application.merging(variables) { $1 })
    }
}
