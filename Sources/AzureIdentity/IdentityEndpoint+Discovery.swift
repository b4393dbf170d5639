import Foundation

extension IdentityEndpoint {
    /// The endpoint of this machine, where the settings name none.
    ///
    /// As azure-identity and MSAL tell them apart: Azure Arc's agent sets `IDENTITY_ENDPOINT` and
    /// `IMDS_ENDPOINT` for every service, and is installed where a shell without these runs, too.
    /// What the variable says counts only when it is this machine; else Arc's own address does.
    package static func discovered(in surroundings: IdentitySurroundings) -> IdentityEndpoint {
        let variables = surroundings.environment
        if let address = variables["IDENTITY_ENDPOINT"], variables["IMDS_ENDPOINT"] != nil {
            // A bad address is not worth failing for: the agent listens on its own in any case.
            return (try? IdentityEndpoint(setting: address, kind: .arc)) ?? .arc
        }
        let hasAgent = FileManager.default.isExecutableFile(atPath: surroundings.arcProgram)
        return hasAgent ? .arc : .imds
    }
}
