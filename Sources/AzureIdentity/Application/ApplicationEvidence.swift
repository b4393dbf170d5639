import Foundation
import Sensitive

/// What an application shows the authority.
enum ApplicationEvidence: Sendable {
    case secret(SensitiveBytes)
    /// A signed token that speaks for the application (RFC 7523).
    case assertion(SensitiveBytes)
    /// A certificate with a key that signs such a token.
    case certificate(ClientCertificate, sendsChain: Bool)
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
        case .secretVariable(let name):
            return .secret(SensitiveBytes(copying: (surroundings.environment[name] ?? "").utf8))
        case .tokenFile(let path):
            return .assertion(try Self.token(CredentialFile(path: path, openness: .any)))
        case .certificateFile(let file, let sendsChain):
            let path = surroundings.path(of: file)
            return .certificate(
                try Self.certificate(CredentialFile(path: path), surroundings.readCertificate),
                sendsChain: sendsChain
            )
        }
    }

    private static func certificate(
        _ file: CredentialFile,
        _ read: ClientCertificate.Reader
    ) throws(CredentialProblem) -> ClientCertificate {
        let operation = "read client certificate \(file.path)"
        let text: SensitiveBytes
        do throws(CredentialFile.Problem) {
            text = try file.read()
        } catch {
            throw CredentialProblem(operation: operation, cause: error.cause, hint: error.hint)
        }
        do throws(ClientCertificate.Problem) {
            return try read(text)
        } catch {
            throw CredentialProblem(operation: operation, cause: error.cause, hint: error.hint)
        }
    }

    /// Another issuer's token, which is for Entra ID to judge.
    private static func token(_ file: CredentialFile) throws(CredentialProblem) -> SensitiveBytes {
        do throws(CredentialFile.Problem) {
            let token = try file.read()
            let dots = token.withBytes { span in
                span.indices.count { span[$0] == UInt8(ascii: ".") }
            }
            guard token.isToken, dots == 2 else { throw .init(cause: "holds no token (JWT)") }
            return token
        } catch {
            throw CredentialProblem(
                operation: "read federated token \(file.path)",
                cause: error.cause,
                hint: error.hint
            )
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
