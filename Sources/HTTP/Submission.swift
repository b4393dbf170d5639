import Synchronization

/// One call of `send`, on its way to the loop's thread.
struct Submission: Sendable {
    let ticket: Ticket
    let request: HTTPRequest
    let reply: CheckedContinuation<Result<HTTPResponse, HTTPError>, Never>
}

/// Connects a call with its transfer: the same object on both sides, and the place where a
/// cancellation that overtakes its own request is remembered.
final class Ticket: Sendable {
    private let cancellation = Atomic<Bool>(false)

    var isCancelled: Bool { cancellation.load(ordering: .acquiring) }

    func cancel() {
        cancellation.store(true, ordering: .releasing)
    }
}
