import COpenSSL
import Glibc

/// A handshake as client, for the sake of the certificate alone.
///
/// Nothing is verified but that the server has the key of what it shows: the one question is which
/// certificate it serves. Hence old protocols and weak keys are let through as well; no byte of
/// data is ever sent.
struct TLSConnection: ~Copyable {
    private let tls: OwnedPointer

    /// - Parameters:
    ///   - socket: What it runs over, and must not outlive.
    ///   - serverName: The name to ask for.
    /// - Throws: OpenSSL's reason, such as want of memory.
    init(over socket: borrowing TimedSocket, serverName: String?) throws(Obstacle) {
        guard let context = OwnedPointer(SSL_CTX_new(TLS_client_method()), free: SSL_CTX_free)
        else { throw Obstacle(cause: ErrorQueue.drain()) }
        SSL_CTX_set_verify(context.raw, SSL_VERIFY_NONE, nil)
        SSL_CTX_set_security_level(context.raw, 0)
        guard kv_SSL_CTX_allow_every_version(context.raw) == 1,
            SSL_CTX_set_cipher_list(context.raw, "ALL:@SECLEVEL=0") == 1,
            let tls = OwnedPointer(SSL_new(context.raw), free: SSL_free),
            SSL_set_fd(tls.raw, socket.descriptor) == 1
        else { throw Obstacle(cause: ErrorQueue.drain()) }
        if let serverName, kv_SSL_set_server_name(tls.raw, serverName) != 1 {
            throw Obstacle(cause: ErrorQueue.drain())
        }
        self.tls = tls
    }

    /// Shakes hands and gives what the server showed.
    ///
    /// A server that wants a certificate of its client may end the handshake after it has shown
    /// its own: that one counts. OpenSSL limits what it takes as a chain to 100 KiB
    /// (SSL_CTX_set_max_cert_list(3)).
    func leaf(over socket: borrowing TimedSocket) throws(Obstacle) -> CertificateFacts {
        while true {
            ERR_clear_error()
            let result = SSL_connect(tls.raw)
            let failure = errno
            if result == 1 { break }
            switch SSL_get_error(tls.raw, result) {
            case SSL_ERROR_WANT_READ: try socket.wait(for: POLLIN)
            case SSL_ERROR_WANT_WRITE: try socket.wait(for: POLLOUT)
            case SSL_ERROR_SSL:
                let isRefusal = ErrorQueue.isAlert()
                let cause = ErrorQueue.drain()
                guard isRefusal, let leaf = try shownLeaf() else {
                    throw Obstacle(cause: cause, isRefusal: isRefusal)
                }
                return leaf
            default: throw failure == 0 ? .closed : Obstacle(errno: failure)
            }
        }
        // Says goodbye; a server would log it as an error if it had to find out.
        SSL_shutdown(tls.raw)
        guard let leaf = try shownLeaf() else { throw Obstacle(cause: "it shows no certificate") }
        return leaf
    }

    private func shownLeaf() throws(Obstacle) -> CertificateFacts? {
        guard let raw = SSL_get1_peer_certificate(tls.raw) else { return nil }
        do throws(CertificateError) {
            return try CertificateHandle(adopting: raw).facts()
        } catch {
            throw Obstacle(cause: error.description)
        }
    }
}
