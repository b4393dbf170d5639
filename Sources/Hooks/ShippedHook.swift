import Glibc
import SystemPackage

/// A hook that comes with kvagent, and runs only where a link in `hooks.d` leads to it.
package struct ShippedHook: Sendable, Hashable {
    /// Where the packages put them.
    package static let directory: FilePath = "/usr/share/kvagent/hooks"

    package let name: String
    package let path: FilePath

    /// The phase that it is written for, from the line `# Phase reload: …` near its beginning; nil
    /// where it has none.
    package let phase: HookPhase?

    /// Whether it does nothing without arguments, which only the settings can give: it says so in a
    /// line `# Needs arguments…` near its beginning.
    package let needsArguments: Bool

    /// The hooks in a directory, by name; what isn't executable is there for them to read.
    package static func all(in directory: FilePath = Self.directory) -> [ShippedHook] {
        guard let stream = unsafe opendir(directory.string) else { return [] }
        defer { unsafe closedir(stream) }
        var hooks: [ShippedHook] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { field in
                unsafe String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
            }
            let path = directory.appending(name)
            var facts = stat()
            guard HookFileName(name) == .hook, unsafe stat(path.string, &facts) == 0,
                facts.st_mode & S_IFMT == S_IFREG, facts.st_mode & 0o111 != 0
            else { continue }
            let header = header(of: path)
            hooks.append(
                ShippedHook(
                    name: name,
                    path: path,
                    phase: phase(in: header),
                    needsArguments: header.contains { $0.hasPrefix("# Needs arguments") }
                )
            )
        }
        return hooks.sorted { $0.name < $1.name }
    }

    /// Why the agent would not run the file, or nothing in the directory, at a path; nil if it would.
    package static func obstacle(to path: FilePath, isDirectory: Bool = false) -> String? {
        do throws(TrustedPath.Failure) {
            try TrustedPath.check(path, expecting: isDirectory ? .directory : .program)
            return nil
        } catch {
            return error.reason
        }
    }

    /// The first lines of a hook, which say to people and to us what it is.
    private static func header(of file: FilePath) -> [Substring] {
        guard let descriptor = try? FileDescriptor.open(file, .readOnly, options: .closeOnExec)
        else { return [] }
        defer { try? descriptor.close() }
        var start = [UInt8](repeating: 0, count: 1024)
        let count = unsafe start.withUnsafeMutableBytes { bytes in
            // One that can't be read has told nothing.
            (try? unsafe descriptor.read(into: bytes)) ?? 0
        }
        return String(decoding: start[..<count], as: UTF8.self).split(separator: "\n")
    }

    private static func phase(in header: [Substring]) -> HookPhase? {
        let prefix = "# Phase "
        guard let line = header.first(where: { $0.hasPrefix(prefix) }) else { return nil }
        return HookPhase(rawValue: String(line.dropFirst(prefix.count).prefix { $0.isLetter }))
    }
}
