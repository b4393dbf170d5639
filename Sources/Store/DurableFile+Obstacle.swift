import Glibc
import SystemPackage

extension DurableFile {
    /// What would keep `replace(_:with:mode:)` from success, found without changing anything.
    package static func obstacle(to path: FilePath) -> StoreError? {
        let parent = path.removingLastComponent()
        // Asked here, since `replace` makes no directory.
        guard unsafe access(parent.string, F_OK) == 0 else {
            return StoreError("open", parent, Errno(rawValue: errno))
        }
        return CertificateStore.obstacle(to: parent)
    }
}
