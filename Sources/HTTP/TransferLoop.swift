import CCurl
import Glibc
import Locking

/// The thread that runs all transfers of one client.
///
/// Callers leave requests and cancellations in a locked mailbox and wake the thread; everything
/// else of libcurl is touched by that thread alone.
final class TransferLoop: Sendable {
    /// How many requests one server is given at once; the rest wait their turn.
    ///
    /// Below the 100 streams that RFC 9113 (section 6.5.2) recommends as the least that a server
    /// should allow: beyond a server's limit libcurl would open a second connection.
    static let mostAtOncePerOrigin = 64

    /// What callers leave for the thread.
    private struct Mailbox {
        var submissions: [Submission] = []
        var cancellations: [Ticket] = []
        var isClosing = false
        /// Set when there is no thread: requests are refused with it.
        var refusal: HTTPError?
    }

    private let multi: CurlMulti?
    private let options: ClientOptions
    private let mailbox = Locked(Mailbox())

    init(_ options: ClientOptions) {
        self.options = options
        multi = CurlMulti()
    }

    /// Starts the thread, which keeps this object until `close`.
    func start() {
        guard multi != nil else { return refuse("libcurl has no memory") }
        let context = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().runOnThread()
                return nil
            },
            context.toOpaque()
        )
        guard code == 0 else {
            context.release()
            return refuse(String(cString: strerror(code)))
        }
        pthread_detach(thread)
    }

    private func refuse(_ cause: String) {
        let refusal = HTTPError(kind: .other, origin: "", detail: "start HTTP thread: \(cause)")
        mailbox.withLock { $0.refusal = refusal }
    }

    func submit(_ submission: Submission) {
        let (refusal, isFirst) = mailbox.withLock { mailbox in
            let isFirst = mailbox.submissions.isEmpty
            if mailbox.refusal == nil { mailbox.submissions.append(submission) }
            return (mailbox.refusal, isFirst)
        }
        if let refusal {
            submission.reply.resume(returning: .failure(refusal))
        } else if isFirst {
            // Whoever left the first one has woken the thread, and it takes all at once.
            multi?.wakeUp()
        }
    }

    func cancel(_ ticket: Ticket) {
        mailbox.withLock { $0.cancellations.append(ticket) }
        multi?.wakeUp()
    }

    /// Lets the thread end as soon as nothing is under way.
    func close() {
        mailbox.withLock { $0.isClosing = true }
        multi?.wakeUp()
    }

    private func runOnThread() {
        // libcurl leaves SIGPIPE to us (CURLOPT_NOSIGNAL), and no handler of the process should
        // run here.
        var signals = sigset_t()
        sigfillset(&signals)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        kv_name_thread("kvagent-http")
        var transfers = Transfers(options)
        while run(&transfers) {}
        transfers.failAll(on: multi, because: "the client is closed")
    }

    /// One turn: take what callers left, let libcurl work, answer what is finished, wait.
    private func run(_ transfers: inout Transfers) -> Bool {
        guard multi != nil else { return false }
        let mail = mailbox.withLock { mailbox in
            let mail = mailbox
            mailbox.submissions = []
            mailbox.cancellations = []
            return mail
        }
        for submission in mail.submissions { transfers.accept(submission) }
        for ticket in mail.cancellations { transfers.cancel(ticket, on: multi) }
        transfers.startWaiting(on: multi)
        if mail.isClosing, transfers.isEmpty { return false }

        var code = multi?.perform() ?? CURLM_OK
        while let (transfer, result) = multi?.nextFinished() {
            transfers.finish(transfer, with: transfer.outcome(result), on: multi)
        }
        transfers.startWaiting(on: multi)
        if code == CURLM_OK { code = multi?.wait() ?? CURLM_OK }
        if code != CURLM_OK {
            transfers.failAll(on: multi, because: String(cString: curl_multi_strerror(code)))
            // Out of memory or of descriptors: without a pause this would spin on the same failure.
            usleep(100_000)
        }
        return true
    }
}
