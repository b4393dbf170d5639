import Sensitive

/// Speaks HTTP: any number of requests at once, over as few connections as the servers allow.
///
/// TLS 1.2 or later with the server's name and chain verified; HTTP/2 where it is offered; no
/// redirect is followed, no cookie kept, nothing unpacked. One thread does all the work, sleeps
/// while there is none, and ends after the client is released.
package final class HTTPClient: Sendable {
    /// What a server is told about its caller.
    package static let userAgent = "kvagent"

    private let loop: TransferLoop

    /// - Parameters:
    ///   - caBundle: the path of a PEM file with the only authorities to trust; nil for the system's.
    ///   - userAgent: the `User-Agent` of every request.
    package init(caBundle: String? = nil, userAgent: String = HTTPClient.userAgent) {
        loop = TransferLoop(ClientOptions(caBundle: caBundle, userAgent: userAgent))
        loop.start()
    }

    deinit {
        loop.close()
    }

    /// Asks and waits for the whole answer.
    ///
    /// Cancelling the task aborts the transfer at once.
    package func send(_ request: HTTPRequest) async throws(HTTPError) -> HTTPResponse {
        let ticket = Ticket()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                loop.submit(Submission(ticket: ticket, request: request, reply: reply))
            }
        } onCancel: {
            ticket.cancel()
            loop.cancel(ticket)
        }
        return try result.get()
    }
}

/// What holds for every request of one client.
struct ClientOptions: Sendable {
    let caBundle: String?
    let userAgent: String
}
