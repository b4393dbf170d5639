import SystemPackage

/// The hooks that there are, and what was passed over on the way to them.
package struct HookCatalog: Sendable {
    package let hooks: [Hook]
    package let warnings: [HookWarning]

    package init(hooks: [Hook] = [], warnings: [HookWarning] = []) {
        self.hooks = hooks
        self.warnings = warnings
    }

    /// The hooks below a `hooks.d` directory.
    ///
    ///     hooks.d/PHASE/NAME              for every certificate
    ///     hooks.d/NAME                    the same, in the phase `deploy`
    ///     hooks.d/certs/CERT/PHASE/NAME   for one certificate
    ///
    /// They run as root, so a file only counts when nobody but root (or the agent's own user)
    /// could have put it there or changed it; everything else that could have been meant as a
    /// hook is a warning. A directory that is missing is empty.
    ///
    /// - Parameters:
    ///   - directory: The `hooks.d` directory.
    ///   - timeout: How long each of them may run.
    ///   - certificates: The names that there are: a directory for another one, mistyped or left
    ///     over, is a warning. Nil where they aren't known.
    /// - Returns: The catalog; its order is that of `hooks(_:for:)`.
    package static func discover(
        in directory: FilePath,
        timeout: Duration,
        certificates: Set<String>? = nil
    ) -> HookCatalog {
        var search = HookSearch(root: directory, timeout: timeout, certificates: certificates)
        search.run()
        return HookCatalog(hooks: search.hooks.sorted(by: precedes), warnings: search.warnings)
    }

    /// The hooks of a phase that apply to a certificate, in the order in which they run.
    ///
    /// Global hooks and the certificate's own are merged by file name in byte order, as run-parts(8)
    /// does in the C locale, so `10-…` of one comes before `20-…` of the other; of equal names the
    /// global one is first. Hooks from the settings follow in the order of the settings.
    package func hooks(_ phase: HookPhase, for certificate: String) -> [Hook] {
        let candidates = hooks.filter { hook in
            hook.phase == phase && (hook.certificate == nil || hook.certificate == certificate)
        }
        return candidates.filter { !$0.isFromSettings }.sorted(by: Self.precedes)
            + candidates.filter(\.isFromSettings)
    }

    private static func precedes(_ left: Hook, _ right: Hook) -> Bool {
        if left.fileName != right.fileName {
            return left.fileName.utf8.lexicographicallyPrecedes(right.fileName.utf8)
        }
        if (left.certificate == nil) != (right.certificate == nil) {
            return left.certificate == nil
        }
        return left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

extension Hook {
    /// Whether the settings list it; a file's name has no colon.
    fileprivate var isFromSettings: Bool { name.hasPrefix("settings:") }

    fileprivate var fileName: String {
        name.split(separator: "/").last.map(String.init) ?? name
    }
}
