/// The answer that the faults leave of the one that `answer` gives.
///
/// A fault that refuses the request does so before `answer` runs, as a gateway would.
func faulty(_ faults: [Fault], _ answer: () async -> Reply) async -> Reply {
    for fault in faults where fault.kind == .delay {
        // Cancelled when the client has gone; there is then nobody to answer.
        try? await Task.sleep(for: .milliseconds(fault.delayMilliseconds ?? 1000))
    }
    for fault in faults {
        switch fault.kind {
        case .throttle:
            return .throttled(fault.service, retryAfterSeconds: fault.retryAfterSeconds)
        case .serverError:
            return .html("<h2>Service Unavailable</h2>", status: fault.status ?? 503)
        case .garbage: return Reply(status: 200, body: "{\"value\":\"MIIK")
        default: continue
        }
    }
    var reply = await answer()
    if faults.contains(where: { $0.kind == .wrongContentType }) { reply.contentType = "text/plain" }
    return reply
}
