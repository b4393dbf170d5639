import Foundation
import HTTP

extension IdentityEndpoint {
    /// The endpoint of this machine or app, where the settings name none.
    ///
    /// As azure-identity and MSAL tell them apart. App Service and Container Apps set
    /// `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` for the app. Azure Arc's agent sets
    /// `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT` for every service, and is installed where a shell
    /// without these runs, too. What a variable says counts only when it is this machine; else
    /// Arc's own address does, and an app, which has no other, gets an error.
    package static func discovered(
        in surroundings: IdentitySurroundings
    ) throws(CredentialProblem) -> IdentityEndpoint {
        let address = surroundings.variable("IDENTITY_ENDPOINT")
        if let address, surroundings.variable("IDENTITY_HEADER") != nil {
            return try ofApp(address, in: surroundings)
        }
        if let address, surroundings.variable("IMDS_ENDPOINT") != nil {
            // A bad address is not worth failing for: the agent listens on its own in any case.
            return (try? IdentityEndpoint(setting: address, kind: .arc)) ?? .arc
        }
        let hasAgent = FileManager.default.isExecutableFile(atPath: surroundings.arcProgram)
        return hasAgent ? .arc : .imds
    }

    private static func ofApp(
        _ address: String,
        in surroundings: IdentitySurroundings
    ) throws(CredentialProblem) -> IdentityEndpoint {
        let operation = "read environment of managed identity"
        guard surroundings.variable("IDENTITY_SERVER_THUMBPRINT") == nil else {
            throw CredentialProblem(
                operation: operation,
                cause: "IDENTITY_SERVER_THUMBPRINT is set: Service Fabric is not supported",
                hint: "set authenticationSettings.msiEndpoint, or another credential"
            )
        }
        do throws(IdentityEndpointError) {
            return try IdentityEndpoint(setting: address, kind: .appService)
        } catch {
            throw CredentialProblem(
                operation: operation,
                cause: "IDENTITY_ENDPOINT: \(error)",
                hint: "App Service and Container Apps set it, as http://localhost:42356/msi/token"
            )
        }
    }
}

extension IdentitySurroundings {
    /// A variable that says something.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
