import ArgumentParser
import FoundationEssentials
import KeyVaultEmulator
import PKI

/// An application and its certificate as the command line writes them.
struct ClientCertificateArgument: ExpressibleByArgument {
    let client: String
    private let parts: [String: String]

    init?(argument: String) {
        guard
            let parts = assignments(in: argument, of: ["client", "file", "name", "authority"]),
            let client = parts["client"],
            Set(parts.keys) == ["client", "file"]
                || Set(parts.keys) == ["client", "name", "authority"]
        else { return nil }
        self.client = client
        self.parts = parts
    }

    /// What is registered, with the certificate of its file.
    func certificate() throws(CommandError) -> RegisteredCertificate {
        let file = parts["file"] ?? parts["authority"] ?? ""
        let der: [UInt8]?
        do {
            let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            der = try certificates(inPEM: text).first
        } catch {
            throw CommandError("read certificate \(file): \(error)")
        }
        guard let der else { throw CommandError("read certificate \(file): it holds none") }
        return parts["name"].map { .named($0, authority: der) } ?? .exact(der)
    }
}
