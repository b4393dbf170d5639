import COpenSSL

/// Keeps OpenSSL whole until the process is gone; whoever comes first to it decides.
///
/// It would otherwise free all that it has in a handler of exit(3), while the thread that runs
/// libcurl may still be closing a connection: a process that has done all its work would then end by
/// a signal. Source: OPENSSL_init_crypto(3), `OPENSSL_INIT_NO_ATEXIT`.
package func keepOpenSSLUntilTheEnd() {
    // For want of memory it does nothing, and what asks for OpenSSL next says so.
    _ = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil)
}
