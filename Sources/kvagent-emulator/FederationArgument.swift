import ArgumentParser
import FoundationEssentials
import KeyVaultEmulator
import PKI

/// Whose tokens speak for an application, as the command line writes it.
struct FederationArgument: ExpressibleByArgument {
    private let parts: [String: String]

    init?(argument: String) {
        let names: Set = ["client", "issuer", "subject", "key", "audience"]
        guard let parts = assignments(in: argument, of: names),
            names.subtracting(["audience"]).isSubset(of: parts.keys)
        else { return nil }
        self.parts = parts
    }

    /// The federation with the key of its file.
    func credential() throws(CommandError) -> FederatedCredential {
        let file = parts["key"] ?? ""
        let key: PublicKey
        do {
            key = try PublicKey(
                pem: String(decoding: Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            )
        } catch {
            throw CommandError("read key \(file): \(error)")
        }
        return FederatedCredential(
            clientID: parts["client"] ?? "",
            issuer: parts["issuer"] ?? "",
            subject: parts["subject"] ?? "",
            audience: parts["audience"] ?? "api://AzureADTokenExchange",
            key: key
        )
    }
}
