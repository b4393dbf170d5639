/// What a simulated machine does at what happens to it.
protocol SimulatedHost {
    /// A machine at its start.
    ///
    /// - Parameters:
    ///   - index: Which of the fleet's it is.
    ///   - fleet: The fleet.
    ///   - isInstalled: Whether all its certificates are live, and in order.
    ///   - start: When it starts.
    init(_ index: Int, of fleet: Fleet, isInstalled: Bool, start: ContinuousClock.Instant)

    /// When it polls for the first time.
    var firstPoll: ContinuousClock.Instant { get }

    /// Does what follows from an event; what it wants for that it leaves in `turn`.
    mutating func handle(_ event: EventQueue.Kind, in fleet: Fleet, _ turn: inout Turn)
}
