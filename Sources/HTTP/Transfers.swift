import CCurl

/// The transfers under way and those that wait for their turn.
///
/// Belongs to the loop's thread.
struct Transfers {
    private let options: ClientOptions
    private var active: [ObjectIdentifier: Transfer] = [:]
    private var waiting: [Origin: [Submission]] = [:]
    private var activeCount: [Origin: Int] = [:]

    init(_ options: ClientOptions) {
        self.options = options
    }

    var isEmpty: Bool { active.isEmpty && waiting.isEmpty }

    /// Queues a request behind the others for its server.
    mutating func accept(_ submission: Submission) {
        do throws(HTTPError) {
            let origin = try Origin(of: submission.request.url)
            guard !submission.ticket.isCancelled else {
                return submission.reply.resume(returning: .failure(.cancelled(origin)))
            }
            waiting[origin, default: []].append(submission)
        } catch {
            submission.reply.resume(returning: .failure(error))
        }
    }

    /// Starts what may start, in the order of arrival.
    mutating func startWaiting(on multi: borrowing CurlMulti?) {
        for (origin, queue) in waiting {
            let room = TransferLoop.mostAtOncePerOrigin - activeCount[origin, default: 0]
            guard room > 0 else { continue }
            for submission in queue.prefix(room) {
                start(submission, to: origin, on: multi)
            }
            let rest = Array(queue.dropFirst(room))
            waiting[origin] = rest.isEmpty ? nil : rest
        }
    }

    private mutating func start(
        _ submission: Submission,
        to origin: Origin,
        on multi: borrowing CurlMulti?
    ) {
        do throws(HTTPError) {
            let transfer = try Transfer(submission, origin: origin, options: options)
            active[ObjectIdentifier(submission.ticket)] = transfer
            activeCount[origin, default: 0] += 1
            if let code = multi?.add(transfer.easy), code != CURLM_OK {
                finish(
                    transfer,
                    with: .failure(.other(origin, String(cString: curl_multi_strerror(code)))),
                    on: multi
                )
            }
        } catch {
            submission.reply.resume(returning: .failure(error))
        }
    }

    /// Ends a transfer and answers its caller.
    ///
    /// The handle leaves libcurl before it is released.
    mutating func finish(
        _ transfer: Transfer,
        with result: Result<HTTPResponse, HTTPError>,
        on multi: borrowing CurlMulti?
    ) {
        multi?.remove(transfer.easy)
        active[ObjectIdentifier(transfer.submission.ticket)] = nil
        let left = activeCount[transfer.origin, default: 1] - 1
        activeCount[transfer.origin] = left > 0 ? left : nil
        transfer.submission.reply.resume(returning: result)
    }

    /// Ends one call early, wherever it stands.
    ///
    /// One that has its answer already is left alone.
    mutating func cancel(_ ticket: Ticket, on multi: borrowing CurlMulti?) {
        if let transfer = active[ObjectIdentifier(ticket)] {
            return finish(transfer, with: .failure(.cancelled(transfer.origin)), on: multi)
        }
        for (origin, queue) in waiting {
            guard let index = queue.firstIndex(where: { $0.ticket === ticket }) else { continue }
            var rest = queue
            let submission = rest.remove(at: index)
            waiting[origin] = rest.isEmpty ? nil : rest
            return submission.reply.resume(returning: .failure(.cancelled(origin)))
        }
    }

    mutating func failAll(on multi: borrowing CurlMulti?, because cause: String) {
        for transfer in active.values {
            finish(transfer, with: .failure(.other(transfer.origin, cause)), on: multi)
        }
        for (origin, queue) in waiting {
            for submission in queue {
                submission.reply.resume(returning: .failure(.other(origin, cause)))
            }
        }
        waiting = [:]
    }
}

extension HTTPError {
    fileprivate static func cancelled(_ origin: Origin) -> HTTPError {
        HTTPError(
            kind: .cancelled,
            origin: origin.description,
            detail: "ask \(origin.name): cancelled"
        )
    }

    fileprivate static func other(_ origin: Origin, _ cause: String) -> HTTPError {
        HTTPError(kind: .other, origin: origin.description, detail: "ask \(origin.name): \(cause)")
    }
}
