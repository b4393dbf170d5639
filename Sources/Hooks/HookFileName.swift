/// What a file's name says about whether it is a hook.
///
/// The rule is that of run-parts(8), `[A-Za-z0-9_-]+`, so that what editors and dpkg leave behind
/// does not run; `.sh` and `.py` may follow, since certbot's users name theirs so.
enum HookFileName: Equatable {
    case hook
    /// Nobody means a dotfile or a README as a hook: nothing to say.
    case silent
    case refused(String)

    init(_ name: String) {
        if name.hasPrefix(".") || name.hasPrefix("README") {
            self = .silent
            return
        }
        var base = name[...]
        for suffix in [".sh", ".py"] where name.hasSuffix(suffix) {
            base = name.dropLast(suffix.count)
        }
        if !base.isEmpty && base.utf8.allSatisfy(Self.isAllowed) {
            self = .hook
        } else if Self.isLeftover(name) {
            self = .refused("looks like a backup or a leftover; remove it")
        } else {
            self = .refused(
                "name has a character outside [A-Za-z0-9_-], and no .sh or .py at its end; rename it"
            )
        }
    }

    private static func isLeftover(_ name: String) -> Bool {
        name.hasSuffix("~") || name.contains(".dpkg-") || name.contains(".ucf-")
            || [".bak", ".orig", ".rej", ".swp", ".old", ".rpmnew", ".rpmsave"]
                .contains { name.hasSuffix($0) }
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
