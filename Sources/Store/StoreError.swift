import Glibc
import SystemPackage

/// What kept the store from doing its work: the operation, the file, the cause and a way out.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What was tried, as a verb: `write`, `rename`, `lock`.
    package let operation: String
    package let path: String
    /// The system's text, or what is wrong with what is there.
    package let cause: String
    /// What the operator can do; nil where the cause says it all.
    package let hint: String?
    /// Whether owner, group or ACL could not be given: the settings or privileges are at fault, not the disk.
    package let isAccessProblem: Bool

    package init(
        operation: String,
        path: String,
        cause: String,
        hint: String? = nil,
        isAccessProblem: Bool = false
    ) {
        self.operation = operation
        self.path = path
        self.cause = cause
        self.hint = hint
        self.isAccessProblem = isAccessProblem
    }

    /// An error of a system call, with the hint that its number suggests.
    init(_ operation: String, _ path: FilePath, _ errno: Errno, isAccessProblem: Bool = false) {
        self.init(
            operation: operation,
            path: path.string,
            cause: errno.description,
            hint: Self.hint(for: errno, at: path),
            isAccessProblem: isAccessProblem
        )
    }

    package var description: String { "\(operation) \(path): \(cause)" }

    /// What usually mends an error of this number.
    private static func hint(for errno: Errno, at path: FilePath) -> String? {
        switch errno {
        case .noSpace, .diskQuotaExceeded:
            "free space on the filesystem that holds \(path.removingLastComponent()); what was live stays live"
        case .readOnlyFileSystem:
            "the filesystem is read-only, or the service's sandbox does not list it in ReadWritePaths="
        case .ioError:
            "the disk reports an error: see the kernel's log"
        case .permissionDenied, .notPermitted:
            "run as root, or as the owner of \(path.removingLastComponent())"
        case .tooManySymbolicLinkLevels, .notDirectory:
            "a directory of the store may not be a symlink or a file: move it away"
        default:
            nil
        }
    }
}
