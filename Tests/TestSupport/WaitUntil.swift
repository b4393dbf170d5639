/// Returns as soon as `condition` holds, and says whether it did within `limit`.
///
/// For events that nothing announces, such as a file that another process makes: tests wait for
/// what happens, never for a fixed time.
package func waitUntil(
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
        if try await condition() { return true }
        // A cancelled test stops waiting at its next look.
        if (try? await Task.sleep(for: .milliseconds(5))) == nil { break }
    }
    return try await condition()
}
