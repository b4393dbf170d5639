import Glibc
import SystemPackage

/// A target's copy that is written and flushed, under a name that nobody serves.
package struct StagedCopy: Sendable, Hashable {
    package let target: Target
    let temporary: String

    /// Puts it in its place with one rename, and returns once that is on the disk.
    package func commit() throws(StoreError) {
        guard let name = target.path.lastComponent?.string else { return }
        let directory = try Directory.open(target.path.removingLastComponent())
        try directory.rename(temporary, to: name)
        try directory.sync()
    }

    /// Gives it up; what can't be removed now, the next start removes.
    package func discard() {
        guard let directory = try? Directory.open(target.path.removingLastComponent()) else {
            return
        }
        // Best effort: it is ours alone to read, and goes with the leftovers.
        try? directory.erase(temporary)
    }
}
