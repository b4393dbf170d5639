/// Why a lock was not had.
package enum LockError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process has it; its number where the file tells.
    case held(by: Int32?)
    /// The lock file itself could not be used.
    case failed(StoreError)

    package var description: String {
        switch self {
        case .held(by: let holder?): "another kvagent is at work (process \(holder))"
        case .held(by: nil): "another kvagent is at work"
        case .failed(let error): error.description
        }
    }
}
