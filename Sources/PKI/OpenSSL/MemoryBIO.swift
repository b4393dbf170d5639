import COpenSSL
import Sensitive

/// An owned memory `BIO` to write to.
///
/// It is of the secure kind: OpenSSL overwrites its buffer when it grows and when it is freed, also
/// where no secure heap has been set up (BIO_s_mem(3)).
struct MemoryBIO: ~Copyable {
    let raw: OpaquePointer

    init?() {
        guard let raw = BIO_new(BIO_s_secmem()) else { return nil }
        self.raw = raw
    }

    deinit {
        BIO_free_all(raw)
    }

    /// What was written, in memory that is wiped too.
    func sensitiveContents() -> SensitiveBytes {
        withContents { SensitiveBytes(copying: $0) }
    }

    /// What was written, as text; bytes that are not UTF-8 become U+FFFD.
    func text() -> String {
        withContents { String(decoding: $0, as: UTF8.self) }
    }

    private func withContents<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var data: UnsafeMutablePointer<CChar>?
        let count = kv_BIO_get_mem_data(raw, &data)
        return body(UnsafeRawBufferPointer(start: data, count: max(count, 0)))
    }
}
