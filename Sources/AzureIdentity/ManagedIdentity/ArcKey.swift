import Glibc
import Sensitive

/// The key that Azure Arc's agent wants to see before it gives a token: a file that only the
/// machine's own can read.
///
/// The agent names the file in its challenge. A process that has taken the agent's port could name
/// any, and would be sent what it holds; so the directory is known beforehand, and the file has to
/// look like a key (Microsoft, "Authenticate against Azure resources with Azure Arc-enabled
/// servers"; the same checks as in MSAL).
struct ArcKey {
    /// As the agent has named it, and nowhere but in the agent's directory.
    let path: String

    /// Reads the `WWW-Authenticate` of the agent's 401; nil where it is none of Arc, or where the
    /// file is not to be read.
    init?(challenge: String?, directory: String) {
        let prefix = "Basic realm="
        guard let challenge, challenge.hasPrefix(prefix) else { return nil }
        let path = challenge.dropFirst(prefix.count)
        guard path.hasPrefix(directory + "/") else { return nil }
        let name = path.dropFirst(directory.utf8.count + 1)
        // One plain name: no slash, so no way out, and nothing that a message could trip over.
        guard name.hasSuffix(".key"), name.utf8.count > 4, name.utf8.count <= 255,
            name.utf8.allSatisfy(Self.isNameByte)
        else { return nil }
        self.path = String(path)
    }

    /// What is in it, for `Authorization: Basic …`, as it stands.
    func read() throws(CredentialFile.Problem) -> SensitiveBytes {
        do throws(CredentialFile.Problem) {
            let key = try CredentialFile(path: path, openness: .anyWithoutLink, limit: 4096).read()
            guard key.isToken else { throw .init(cause: "holds no key") }
            return key
        } catch {
            guard [EACCES, EPERM].contains(error.errno ?? 0) else { throw error }
            throw .init(
                cause: error.cause,
                errno: error.errno,
                hint: "let the user that kvagent runs as read it: usermod -aG himds USER"
            )
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
