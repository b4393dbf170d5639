import Foundation

/// What the process and its machine have to say about identities, beside the settings.
package struct IdentitySurroundings: Sendable {
    package var environment: [String: String]
    /// Where applications log in: the cloud's own authority, and no other.
    package var authorityHost: String
    /// Where systemd puts the credentials that the service is passed.
    package var serviceCredentials: String
    /// Where Azure Arc's agent puts the keys that prove a caller to be on the machine.
    ///
    /// Microsoft's libraries read keys from there only, as this does. A test has a directory of its
    /// own; nothing that a server says and no setting moves it.
    package var arcKeys: String
    /// The program of Azure Arc's agent that answers on the identity endpoint.
    package var arcProgram: String
    /// Where `az` is looked for: directories that nobody but root writes to.
    package var commandDirectories: [String]
    /// How long `az` may take.
    package var commandLimit: Duration
    /// Reads the certificates of applications.
    package var readCertificate: ClientCertificate.Reader

    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        authorityHost: String = "https://login.microsoftonline.com",
        serviceCredentials: String = "/run/credentials/kvagent.service",
        arcKeys: String = "/var/opt/azcmagent/tokens",
        arcProgram: String = "/opt/azcmagent/bin/himds",
        commandDirectories: [String] = [
            "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin",
        ],
        commandLimit: Duration = .seconds(30),
        readCertificate: @escaping ClientCertificate.Reader = {
            (_) throws(ClientCertificate.Problem) in
            throw ClientCertificate.Problem(cause: "certificates are not read here")
        }
    ) {
        self.environment = environment
        self.authorityHost = authorityHost
        self.serviceCredentials = serviceCredentials
        self.arcKeys = arcKeys
        self.arcProgram = arcProgram
        self.commandDirectories = commandDirectories
        self.commandLimit = commandLimit
        self.readCertificate = readCertificate
    }
}
