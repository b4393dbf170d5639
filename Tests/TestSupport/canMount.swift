import Glibc
import SystemPackage

/// Whether a filesystem of a test's own can be mounted here.
package func canMount() async -> Bool {
    guard getuid() == 0 else { return false }
    let isMounted = try? await withTemporaryDirectory { directory in
        let result = try await runCommand(["mount", "-t", "tmpfs", "tmpfs", directory.string])
        if result.status == 0 { _ = try await runCommand(["umount", directory.string]) }
        return result.status == 0
    }
    return isMounted ?? false
}
