import Foundation

/// Which process holds which socket, as far as this user may see it.
struct SocketOwners: Sendable {
    private var owners: [UInt64: ListeningProcess] = [:]

    /// Whether every process could be looked into; only root can, and not in every container.
    private(set) var isComplete = true

    /// Looks through `/proc/PID/fd` (proc_pid_fd(5)) for these sockets.
    init(of inodes: Set<UInt64>) {
        let files = FileManager.default
        // Without /proc nothing is known of any process.
        guard let entries = try? files.contentsOfDirectory(atPath: "/proc") else {
            isComplete = false
            return
        }
        // Of several, the eldest: workers inherit the socket from it. But process 1 comes last, for
        // it keeps the sockets that others are activated by (systemd.socket(5)).
        let pids = entries.compactMap { Int($0) }.sorted()
        for pid in pids.filter({ $0 != 1 }) + pids.filter({ $0 == 1 }) {
            let directory = "/proc/\(pid)/fd"
            guard let descriptors = try? files.contentsOfDirectory(atPath: directory) else {
                // One that has ended meanwhile hides nothing.
                if files.fileExists(atPath: "/proc/\(pid)") { isComplete = false }
                continue
            }
            for descriptor in descriptors {
                guard
                    let target = try? files.destinationOfSymbolicLink(
                        atPath: "\(directory)/\(descriptor)"
                    ),
                    let inode = target.wholeMatch(of: /socket:\[(\d+)\]/).flatMap({ UInt64($0.1) }),
                    inodes.contains(inode), owners[inode] == nil
                else { continue }
                owners[inode] = ListeningProcess(pid: pid, name: Self.name(of: pid))
            }
        }
    }

    subscript(inode: UInt64) -> ListeningProcess? { owners[inode] }

    /// The program's name as the kernel keeps it, at most 15 bytes (proc_pid_comm(5)).
    private static func name(of pid: Int) -> String {
        // A process that has just ended leaves its number.
        let text = (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) ?? "?"
        return String(text.filter { !$0.isNewline && $0.isASCII })
    }
}
