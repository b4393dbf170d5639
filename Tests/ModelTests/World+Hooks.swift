import SystemPackage
import TestSupport

extension World {
    /// One hook for each phase, which all of the certificates share.
    ///
    /// It uses nothing but the shell, as thousands of them run.
    static func writeHooks(_ directory: FilePath) throws {
        for phase in Phase.allCases {
            try writeFile(
                directory.appending("hooks.d/\(phase)/hook"),
                """
                #!/bin/sh
                read -r event
                if [ -e \(directory)/fatal-\(phase) ]; then
                    read -r count < \(directory)/fatal-\(phase)
                    if [ "$count" -eq 1 ]; then
                        kill -9 $PPID
                        exit 1
                    fi
                    echo $((count - 1)) > \(directory)/fatal-\(phase)
                fi
                . \(directory)/rules-\(phase)
                """,
                mode: 0o755
            )
        }
    }

    /// Writes how the hooks end: all of a phase, or those that are run for a flawed version.
    func writeRules() throws {
        for phase in Phase.allCases {
            var lines: [String] = []
            if let end = ends[phase], end != .success { lines.append("exit \(end.rawValue)") }
            for end in [End.failure, .later] {
                let patterns = flaws.filter { $0.flaw.end(phase) == end }
                    .map { "*'\"version\":\"\($0.version)\"'*" }
                guard !patterns.isEmpty else { continue }
                lines.append(
                    "case $event in \(patterns.joined(separator: "|"))) exit \(end.rawValue) ;; esac"
                )
            }
            try writeFile(
                directory.appending("rules-\(phase)"),
                lines.joined(separator: "\n") + "\n"
            )
        }
    }
}
