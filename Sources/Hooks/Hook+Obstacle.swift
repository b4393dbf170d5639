import Glibc

extension Hook {
    /// What would keep the hook from being started, found without starting it; nil where nothing does.
    package var obstacle: String? {
        if let reason = StartFailure.before(command) { return reason }
        if let user {
            do throws(HookUser.Unknown) {
                _ = try HookUser(user)
            } catch {
                return "\(error)"
            }
        }
        guard let program = command.first else { return nil }
        if !program.hasPrefix("/") {
            let places = HookRunner.searchPath.split(separator: ":").map { "\($0)/\(program)" }
            let isThere = places.contains { unsafe access($0, X_OK) == 0 }
            return isThere
                ? nil
                : StartFailure.reason(for: program, searched: HookRunner.searchPath, nil)
        }
        return StartFailure.obstacle(to: program)
    }
}
