import Glibc

/// What an emulator could not do: operation, subject and cause in one line.
package struct EmulatorError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }

    init(_ operation: String, cause: any Error) {
        description = "\(operation): \(cause)"
    }

    /// The failure of a system call, with what `errno` says.
    static func system(_ operation: String) -> EmulatorError {
        EmulatorError("\(operation): \(unsafe String(cString: strerror(errno)))")
    }
}
