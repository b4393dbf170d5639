import SystemPackage
import TestSupport

extension TestBed {
    /// The lines that kvagent prints on a terminal, with some variables set.
    ///
    /// script(1) is the terminal.
    func onTerminal(_ variables: String, _ arguments: String) async throws -> [String] {
        let command = "\(variables) \(Self.kvagent) \(arguments) --config \(settingsFile)"
        let result = try await runCommand([
            "script", "--quiet", "--return", "--command", "env -u NO_COLOR \(command)", "/dev/null",
        ])
        return result.output.split(whereSeparator: \.isNewline).map(String.init)
    }
}
