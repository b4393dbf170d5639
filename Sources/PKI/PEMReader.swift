import COpenSSL
import Sensitive

/// One block of a PEM text (RFC 7468): its label and what it holds.
struct PEMBlock {
    let label: String
    let contents: SensitiveBytes
}

/// Takes a PEM text apart with OpenSSL's reader.
///
/// Text between the blocks (comments, `Bag Attributes`) is skipped and line ends may be CRLF.
enum PEMReader {
    /// All blocks in the order of the text; an unreadable one fails the whole text.
    static func blocks(of text: SensitiveBytes) throws(CertificateError) -> [PEMBlock] {
        guard text.count <= Limits.valueBytes else { throw .tooLarge(text.count) }
        return try text.withUnsafeBytes { bytes throws(CertificateError) in
            try blocks(of: bytes)
        }
    }

    private static func blocks(
        of bytes: UnsafeRawBufferPointer
    ) throws(CertificateError) -> [PEMBlock] {
        guard
            let input = OwnedPointer(
                BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)),
                free: { BIO_free_all($0) }
            )
        else {
            throw .badPEM("it is empty")
        }
        var blocks: [PEMBlock] = []
        while let block = try next(from: input.raw) {
            blocks.append(block)
            guard blocks.count <= Limits.items else {
                throw .badPEM("more than \(Limits.items) blocks")
            }
        }
        return blocks
    }

    /// The next block, nil at the end of the text.
    private static func next(from input: OpaquePointer) throws(CertificateError) -> PEMBlock? {
        var label: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        ERR_clear_error()
        // `PEM_FLAG_SECURE` makes OpenSSL wipe its copies; what it hands out is wiped here.
        let flags = UInt32(PEM_FLAG_SECURE | PEM_FLAG_EAY_COMPATIBLE)
        guard PEM_read_bio_ex(input, &label, &header, &data, &count, flags) == 1 else {
            guard ErrorQueue.isPEM(PEM_R_NO_START_LINE) else {
                throw .badPEM(ErrorQueue.drain())
            }
            ERR_clear_error()
            return nil
        }
        defer {
            free(secure: label)
            free(secure: header)
            CRYPTO_secure_clear_free(data, count, #fileID, #line)
        }
        guard let label, let data else { return nil }
        // A header means `Proc-Type: 4,ENCRYPTED`; OpenSSL would ask the terminal for a password.
        if let header, header.pointee != 0 {
            throw .badKey("it is encrypted with a password")
        }
        return PEMBlock(
            label: String(cString: label),
            contents: SensitiveBytes(
                copying: UnsafeRawBufferPointer(start: data, count: max(count, 0))
            )
        )
    }

    private static func free(secure text: UnsafeMutablePointer<CChar>?) {
        guard let text else { return }
        CRYPTO_secure_clear_free(text, String(cString: text).utf8.count, #fileID, #line)
    }
}
