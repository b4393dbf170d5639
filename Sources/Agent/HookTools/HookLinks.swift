import Glibc
import Hooks
import SystemPackage

/// Turns shipped hooks on and off: a link in the directory of hooks is all that there is to it.
package struct HookLinks: Sendable {
    /// What became of a link.
    package struct Change: Sendable, Encodable {
        /// The name that the hook has in the history.
        package let name: String
        package let path: String
        /// Where the link leads.
        package let target: String
        /// False when all was as asked for before.
        package let changed: Bool
    }

    private let settings: Settings
    private let shipped: FilePath
    private var directory: FilePath { settings.hooks.directory }

    package init(_ settings: Settings, shipped: FilePath = ShippedHook.directory) {
        self.settings = settings
        self.shipped = shipped
    }

    /// Links a shipped hook into the directory.
    ///
    /// - Parameters:
    ///   - name: The shipped hook's name.
    ///   - phase: Where it runs; nil is the phase that it is written for.
    ///   - certificate: The one that it runs for; nil is all of them.
    ///   - order: The number before its name, by which hooks of a phase are ordered.
    /// - Returns: What was changed.
    /// - Throws: ``Refusal`` when there is no such hook, something else has its place, or the agent
    ///   would not run it there.
    package func enable(
        _ name: String,
        phase: HookPhase?,
        certificate: String?,
        order: Int
    ) throws(Refusal) -> Change {
        if let certificate { _ = try settings.certificates(named: [certificate]) }
        let hooks = ShippedHook.all(in: shipped)
        guard let hook = hooks.first(where: { $0.name == name }) else {
            let names = hooks.map(\.name).joined(separator: ", ")
            throw Refusal(
                "no hook \"\(name)\" in \(shipped)",
                hint: names.isEmpty ? nil : "there are \(names)"
            )
        }
        guard !hook.needsArguments else {
            throw Refusal(
                "\(name) needs arguments, which a link can't give",
                hint:
                    "name it in the settings: hooks: [{phase: \((phase ?? hook.phase ?? .deploy).rawValue), run: [\(hook.path), …]}]; its first lines say which"
            )
        }
        guard let phase = phase ?? hook.phase else {
            throw Refusal("\(hook.path) doesn't say its phase", hint: "name it with --phase")
        }
        if let obstacle = ShippedHook.obstacle(to: hook.path) {
            throw Refusal("the agent would not run \(hook.path): it \(obstacle)")
        }
        var place = directory
        if let certificate { place.append("certs/\(certificate)") }
        place.append(phase.rawValue)
        try makeDirectories(place)
        if let obstacle = ShippedHook.obstacle(to: place, isDirectory: true) {
            throw Refusal("the agent would run nothing in \(place): it \(obstacle)")
        }
        let number = order < 10 ? "0\(order)" : "\(order)"
        let link = place.appending("\(number)-\(name)")
        let change = Change(
            name: link.name(below: directory),
            path: link.string,
            target: hook.path.string,
            changed: true
        )
        guard unsafe symlink(hook.path.string, link.string) != 0 else { return change }
        let error = Errno(rawValue: errno)
        guard error == .fileExists else { throw Refusal("link \(link): \(error)") }
        guard link.shippedName(in: shipped) == name else {
            throw Refusal(
                "\(link) is there already and is something else",
                hint: "choose another place with --order"
            )
        }
        return Change(name: change.name, path: change.path, target: change.target, changed: false)
    }

    /// Removes the link of a hook; a file is never removed.
    ///
    /// - Parameters:
    ///   - name: The hook's name as in `hooks list`, its file's name, or that of the shipped hook.
    ///   - phase: The only phase to look in; nil is all.
    ///   - certificate: The only certificate to look at; nil is all, and the hooks for all.
    /// - Returns: What was changed.
    /// - Throws: ``Refusal`` when there is no such link.
    package func disable(
        _ name: String,
        phase: HookPhase?,
        certificate: String?
    ) throws(Refusal) -> Change {
        let places = found(name, phase: phase, certificate: certificate)
        guard let place = places.first else {
            throw Refusal(
                "no hook \"\(name)\" is turned on in \(directory)",
                hint: "see kvagent hooks list"
            )
        }
        guard places.count == 1 else {
            let names = places.map { $0.name(below: directory) }.joined(separator: ", ")
            throw Refusal("\"\(name)\" may be any of \(names)", hint: "give the whole name")
        }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(place.string, &buffer, buffer.count)
        guard count > 0 else {
            throw Refusal(
                "\(place) is a file of your own and not a link",
                hint: "chmod -x \(place) turns it off"
            )
        }
        let target = String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard unsafe unlink(place.string) == 0 else {
            throw Refusal("remove \(place): \(Errno(rawValue: errno))")
        }
        return Change(
            name: place.name(below: directory),
            path: place.string,
            target: target,
            changed: true
        )
    }

    /// The files that a name may mean, those that are passed over included.
    private func found(_ name: String, phase: HookPhase?, certificate: String?) -> [FilePath] {
        let catalog = HookCatalog.discover(in: directory, timeout: settings.hooks.timeout)
        let paths = catalog.hooks.compactMap(\.command.first) + catalog.warnings.map(\.path)
        return paths.map { FilePath($0) }.filter { path in
            let own = path.name(below: directory)
            guard
                own == name || path.lastComponent?.string == name
                    || path.shippedName(in: shipped) == name
            else { return false }
            let words = own.split(separator: "/").map(String.init)
            let isOfCertificate = words.count == 4 && words[0] == "certs"
            if let certificate, !isOfCertificate || words[1] != certificate { return false }
            let ownPhase = words.count == 1 ? "deploy" : words[words.count - 2]
            return phase == nil || ownPhase == phase?.rawValue
        }
    }

    private func makeDirectories(_ path: FilePath) throws(Refusal) {
        var made = path.root.map { FilePath(root: $0, []) } ?? FilePath("")
        for component in path.components {
            made.append(component)
            guard unsafe mkdir(made.string, 0o755) != 0 else { continue }
            let error = Errno(rawValue: errno)
            guard error == .fileExists else { throw Refusal("make \(made): \(error)") }
        }
    }
}
