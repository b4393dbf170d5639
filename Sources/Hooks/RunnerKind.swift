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
        return Self.obstacleToUnits == nil ? .systemd : .direct
    }

    /// What keeps hooks from being run in this way, here and by this user; nil where nothing does.
    package var obstacle: String? { self == .systemd ? Self.obstacleToUnits : nil }

    private static var obstacleToUnits: String? {
        let places = ["/run/systemd/system", "/run/dbus/system_bus_socket", TransientUnit.starter]
        if let missing = places.first(where: { place in unsafe access(place, F_OK) != 0 }) {
            return "transient units take systemd and its bus, and \(missing) is not there"
        }
        return geteuid() == 0 ? nil : "only root may start transient units"
    }
}
