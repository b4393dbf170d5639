import CCurl
import Sensitive

/// One request under way, from its options to its answer.
///
/// Belongs to the loop's thread. libcurl holds an unretained pointer to it, so whoever adds its
/// handle to a `CurlMulti` keeps it until the handle is removed.
final class Transfer {
    let submission: Submission
    let origin: Origin
    let easy: CurlEasy

    private var fields = HeaderList()
    private var received: ReceivedHead
    private var body: WipedBuffer
    private var violation: HTTPError?

    /// Takes libcurl's word for every option: one that this libcurl lacks must not be skipped.
    init(_ submission: Submission, origin: Origin, options: ClientOptions) throws(HTTPError) {
        guard let easy = CurlEasy() else {
            throw HTTPError(kind: .other, origin: origin.description, detail: "out of memory")
        }
        let limits = submission.request.limits
        self.submission = submission
        self.origin = origin
        self.easy = easy
        received = ReceivedHead(limit: limits.headerBytes)
        body = WipedBuffer(limit: limits.bodyBytes)
        try setFields()
        try check(setAddress(options), "URL")
        try check(setBody(), "body")
        try check(setLimits(limits), "limits")
        try check(setTrust(options), "TLS")
        try check(setCallbacks(), "callbacks")
    }

    private func check(_ codes: [CURLcode], _ what: String) throws(HTTPError) {
        guard let code = codes.first(where: { $0 != CURLE_OK }) else { return }
        let cause = String(cString: curl_easy_strerror(code))
        throw failure(.other, "set \(what) for \(origin.name): \(cause)")
    }

    private func failure(_ kind: HTTPError.Kind, _ detail: String) -> HTTPError {
        HTTPError(kind: kind, origin: origin.description, detail: detail)
    }

    /// What became of it, once libcurl says that it is over.
    func outcome(_ result: CURLcode) -> Result<HTTPResponse, HTTPError> {
        if let violation { return .failure(violation) }
        guard result == CURLE_OK else {
            return .failure(
                TransferFailure(
                    code: result,
                    text: easy.failureText,
                    systemError: Int32(truncatingIfNeeded: easy.number(CURLINFO_OS_ERRNO)),
                    wasConnected: easy.duration(CURLINFO_PRETRANSFER_TIME_T) > .zero,
                    elapsed: easy.duration(CURLINFO_TOTAL_TIME_T)
                ).error(from: origin, limits: submission.request.limits)
            )
        }
        return .success(
            HTTPResponse(
                status: easy.number(CURLINFO_RESPONSE_CODE),
                fields: received.fields,
                body: body.contents(),
                httpVersion: Self.version(easy.number(CURLINFO_HTTP_VERSION)),
                peerAddress: easy.text(CURLINFO_PRIMARY_IP)
            )
        )
    }

    private static func version(_ number: Int) -> String {
        switch number {
        case Int(CURL_HTTP_VERSION_1_0): "1.0"
        case Int(CURL_HTTP_VERSION_1_1): "1.1"
        default: "2"
        }
    }
}

// MARK: - What comes in

extension Transfer {
    /// A part of the body; false ends the transfer.
    private func receive(body bytes: UnsafeRawBufferPointer) -> Bool {
        if body.append(bytes) { return true }
        violation = failure(
            .tooLarge,
            "read from \(origin.name): body exceeds \(body.limit) bytes"
        )
        return false
    }

    /// A line of the head; false ends the transfer.
    private func receive(line bytes: UnsafeRawBufferPointer) -> Bool {
        guard received.take(line: bytes) else {
            violation = failure(
                .tooLarge,
                "read from \(origin.name): header fields exceed \(received.limit) bytes"
            )
            return false
        }
        guard let encoding = received.encoding else { return true }
        violation = failure(
            .malformed,
            "read from \(origin.name): Content-Encoding is \(encoding), which was not asked for"
        )
        return false
    }

    private func setCallbacks() -> [CURLcode] {
        let context = Unmanaged.passUnretained(self).toOpaque()
        return [
            kv_curl_set_pointer(easy.raw, CURLOPT_PRIVATE, context),
            kv_curl_set_pointer(easy.raw, CURLOPT_WRITEDATA, context),
            kv_curl_set_pointer(easy.raw, CURLOPT_HEADERDATA, context),
            kv_curl_set_writer(easy.raw, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let part = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.receive(body: part) ? part.count : 0
            },
            kv_curl_set_writer(easy.raw, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
                guard let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                return transfer.receive(line: line) ? line.count : 0
            },
        ]
    }
}

// MARK: - What goes out

extension Transfer {
    private func setAddress(_ options: ClientOptions) -> [CURLcode] {
        let request = submission.request
        var codes = [
            easy.set(CURLOPT_URL, request.url),
            easy.set(CURLOPT_CUSTOMREQUEST, request.method.rawValue),
            easy.set(CURLOPT_USERAGENT, options.userAgent),
            easy.set(CURLOPT_PROTOCOLS_STR, "https,http"),
            easy.set(CURLOPT_DISALLOW_USERNAME_IN_URL, true),
            // A redirect would carry the token to whoever the answer names.
            easy.set(CURLOPT_FOLLOWLOCATION, false),
            easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS)),
            // Rather wait for a connection that can be shared than open another.
            easy.set(CURLOPT_PIPEWAIT, true),
            // Signals would interrupt whichever thread is unlucky.
            easy.set(CURLOPT_NOSIGNAL, true),
            // A proxy sees neither our fields, nor are its own taken for the server's.
            easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE)),
            easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true),
            kv_curl_set_list(easy.raw, CURLOPT_HTTPHEADER, fields.raw),
        ]
        if !request.usesProxy {
            codes.append(easy.set(CURLOPT_PROXY, ""))
        }
        return codes
    }

    /// Nothing asks for compression (`CURLOPT_ACCEPT_ENCODING` stays unset), so that the body
    /// limit is one of bytes sent and nothing unpacks to a multiple of it; what comes compressed
    /// all the same is refused by its head.
    private func setFields() throws(HTTPError) {
        let request = submission.request
        for field in request.fields where !fields.append(field) {
            let name = field.name.oneLine(limit: 60)
            throw failure(.malformed, "ask \(origin.name): field \(name) holds a control character")
        }
        // libcurl would call every body a web form.
        if request.body != nil, !request.fields.contains(where: { $0.isNamed("content-type") }) {
            _ = fields.suppress("Content-Type")
        }
    }

    /// libcurl's copy of the body is wiped like everything that it frees.
    private func setBody() -> [CURLcode] {
        let request = submission.request
        guard let body = request.body else {
            guard request.method == .post || request.method == .put else { return [] }
            return [
                easy.set(CURLOPT_POST, true),
                kv_curl_set_offset(easy.raw, CURLOPT_POSTFIELDSIZE_LARGE, 0),
                easy.set(CURLOPT_COPYPOSTFIELDS, ""),
            ]
        }
        return body.withUnsafeBytes { bytes in
            [
                kv_curl_set_offset(
                    easy.raw,
                    CURLOPT_POSTFIELDSIZE_LARGE,
                    curl_off_t(bytes.count)
                ),
                kv_curl_set_pointer(easy.raw, CURLOPT_COPYPOSTFIELDS, bytes.baseAddress),
            ]
        }
    }

    private func setLimits(_ limits: HTTPLimits) -> [CURLcode] {
        [
            easy.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: limits.connect),
            easy.set(CURLOPT_TIMEOUT_MS, milliseconds: limits.total),
            easy.set(CURLOPT_LOW_SPEED_LIMIT, 1),
            easy.set(CURLOPT_LOW_SPEED_TIME, max(1, Int(limits.stall.components.seconds))),
            // Refuses by Content-Length, before the first byte; the callback refuses the rest.
            kv_curl_set_offset(
                easy.raw,
                CURLOPT_MAXFILESIZE_LARGE,
                curl_off_t(limits.bodyBytes)
            ),
        ]
    }

    private func setTrust(_ options: ClientOptions) -> [CURLcode] {
        var codes = [
            easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2)),
            easy.set(CURLOPT_SSL_VERIFYPEER, true),
            easy.set(CURLOPT_SSL_VERIFYHOST, 2),
        ]
        if let bundle = options.caBundle {
            // Without the second line the system's directory would be trusted beside the bundle.
            codes.append(easy.set(CURLOPT_CAINFO, bundle))
            codes.append(easy.set(CURLOPT_CAPATH, nil as String?))
        }
        return codes
    }
}
