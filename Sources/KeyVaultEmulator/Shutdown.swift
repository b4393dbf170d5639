/// The wish that an emulator end, which its owner waits for.
final class Shutdown: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream(of: Void.self)
    }

    func request() {
        continuation.finish()
    }

    func wait() async {
        for await _ in stream {}
    }
}
