import Foundation
import Sensitive

/// What an application shows the authority.
enum ApplicationEvidence: Sendable {
    case secret(SensitiveBytes)
}

extension ApplicationProof {
    /// Reads the proof, as it is now.
    func evidence(
        in surroundings: IdentitySurroundings
    ) throws(CredentialProblem) -> ApplicationEvidence {
        switch self {
        case .secretFile(let file):
            let path = surroundings.path(of: file)
            return .secret(try Self.secret(CredentialFile(path: path, limit: 4096)))
        }
    }

    private static func secret(_ file: CredentialFile) throws(CredentialProblem) -> SensitiveBytes {
        do throws(CredentialFile.Problem) {
            let secret = try file.read()
            let isLine = secret.withBytes { span in
                span.indices.allSatisfy { span[$0] >= 0x20 && span[$0] != 0x7F }
            }
            guard isLine else {
                throw .init(cause: "more than one line", hint: "write the secret's value alone")
            }
            return secret
        } catch {
            throw CredentialProblem(
                operation: "read client secret \(file.path)",
                cause: error.cause,
                hint: error.hint
            )
        }
    }
}

extension IdentitySurroundings {
    /// Where a file of the settings is: a plain name is a credential that systemd passes to the
    /// service (systemd.exec(5), `LoadCredential=`).
    ///
    /// A command that somebody runs is not the service, and finds what the service was passed.
    func path(of file: String) -> String {
        if file.hasPrefix("/") { return file }
        return "\(environment["CREDENTIALS_DIRECTORY"] ?? serviceCredentials)/\(file)"
    }
}
