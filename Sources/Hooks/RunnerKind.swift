import Glibc

/// In what a hook runs, in the words of `hooks.runner`.
package enum RunnerKind: String, Sendable, Hashable, CaseIterable {
    /// `systemd` where that is possible, else `direct`.
    case auto
    /// A transient unit of the service manager.
    case systemd
    /// A child of the agent.
    case direct

    /// The same with `auto` decided for this machine and user.
    ///
    /// A transient unit of the system takes a system that systemd has booted (sd_booted(3)), root,
    /// and the bus, by which systemd-run(1) learns of the unit's end.
    package var resolved: RunnerKind {
        guard self == .auto else { return self }
        let places = ["/run/systemd/system", "/run/dbus/system_bus_socket", TransientUnit.starter]
        let areThere = places.allSatisfy { place in unsafe access(place, F_OK) == 0 }
        return areThere && geteuid() == 0 ? .systemd : .direct
    }
}
