import Glibc
import SystemPackage

/// Finds out why a command could not be started.
///
/// execve(2) says "no such file" of a script whose interpreter is missing and "permission denied"
/// of several things; whoever reads the message needs to know which.
enum StartFailure {
    /// Why a command cannot be started at all; nil if it can be tried.
    static func before(_ command: [String]) -> String? {
        guard let program = command.first, !program.isEmpty else { return "the command is empty" }
        if program.contains("/") && !program.hasPrefix("/") {
            return "\(program) is a relative path; write the whole path"
        }
        if command.contains(where: { $0.utf8.contains(0) }) {
            return "the command has a NUL character in it"
        }
        return nil
    }

    /// Why starting `program` went wrong with `error`.
    static func reason(for program: String, searched: String, _ error: Errno?) -> String {
        guard program.hasPrefix("/") else {
            return "no program \(program) in \(searched)"
        }
        return obstacle(to: program) ?? "\(program): \(error ?? .noSuchFileOrDirectory)"
    }

    /// What keeps the file `program` from being run, as far as that shows without running it.
    static func obstacle(to program: String) -> String? {
        var facts = stat()
        guard unsafe stat(program, &facts) == 0 else {
            return "\(program): \(Errno(rawValue: errno))"
        }
        if facts.st_mode & S_IFMT == S_IFDIR { return "\(program) is a directory" }
        if unsafe faccessat(AT_FDCWD, program, X_OK, AT_EACCESS) != 0 {
            return "\(program) is not executable; run chmod +x on it"
        }
        return interpreterFault(firstLine(of: program)).map { "\(program): \($0)" }
    }

    /// What is wrong with a script's first line; nil when nothing is.
    static func interpreterFault(_ line: String?) -> String? {
        guard let line else { return nil }
        guard line.hasPrefix("#!") else {
            return line.hasPrefix("\u{7F}ELF")
                ? nil : "is neither a program nor a script with a #! line"
        }
        if line.hasSuffix("\r") {
            return "its #! line ends in a carriage return; convert the file to Unix line ends"
        }
        guard
            let interpreter = line.dropFirst(2).split(whereSeparator: { $0 == " " || $0 == "\t" })
                .first
        else { return "its #! line names no interpreter" }
        return unsafe access(String(interpreter), X_OK) == 0
            ? nil : "its interpreter \(interpreter) is not there or not executable"
    }

    private static func firstLine(of program: String) -> String? {
        let file = unsafe open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { _ = close(file) }
        var start = [UInt8](repeating: 0, count: 256)
        let count = unsafe start.withUnsafeMutableBytes { bytes in
            unsafe read(file, bytes.baseAddress, bytes.count)
        }
        guard count >= 0 else { return nil }
        return String(decoding: start[..<count].prefix { $0 != 10 }, as: UTF8.self)
    }
}
