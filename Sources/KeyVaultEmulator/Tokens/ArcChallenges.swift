import FoundationEssentials
import Glibc
import Locking

/// The keys with which callers of Azure Arc's endpoint prove that they are on the machine.
///
/// Each challenge has a key file of its own, which the caller sends back the contents of. A key is
/// good for one request, and its file goes with it.
final class ArcChallenges: Sendable {
    private let place: ArcKeyPlace
    /// The contents of the key files that are out, and where each is.
    private let files = Locked<[String: String]>([:])

    init(place: ArcKeyPlace) {
        self.place = place
    }

    /// Writes a key, and returns the path that the challenge names.
    func issue() throws -> String {
        let name = "\(RequestID.make()).key"
        let key = VaultVersion.makeID() + VaultVersion.makeID()
        try FileManager.default.createDirectory(
            atPath: place.directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o750]
        )
        let file = "\(place.directory)/\(name)"
        guard
            FileManager.default.createFile(
                atPath: file,
                contents: Data(key.utf8),
                attributes: [.posixPermissions: 0o440]
            )
        else { throw EmulatorError.system("write \(file)") }
        files.withLock { $0[key] = file }
        return "\(place.claimed ?? place.directory)/\(name)"
    }

    /// Whether an `Authorization` has a key that is out; it is used up by that.
    func accepts(_ authorization: String) -> Bool {
        guard authorization.hasPrefix("Basic ") else { return false }
        let key = String(authorization.dropFirst("Basic ".count))
        guard let file = files.withLock({ $0.removeValue(forKey: key) }) else { return false }
        // One that the caller could have removed is as gone.
        try? FileManager.default.removeItem(atPath: file)
        return true
    }
}
