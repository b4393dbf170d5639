import COpenSSL
import Sensitive

/// An owned `EVP_PKEY *` with a private key, which is parsed once and wiped with its last owner.
final class KeyHandle {
    let raw: OpaquePointer

    /// Takes over what OpenSSL made; throws its reason where it made nothing.
    init(adopting raw: OpaquePointer?) throws(CertificateError) {
        guard let raw else { throw .badKey(ErrorQueue.drain()) }
        self.raw = raw
    }

    /// The first private key of a PEM text: PKCS#8, PKCS#1 or SEC 1, not encrypted.
    convenience init(pem: SensitiveBytes) throws(CertificateError) {
        for block in try PEMReader.blocks(of: pem) {
            guard let kind = PEMKeyKind(label: block.label) else { continue }
            try self.init(der: block.contents, kind: kind)
            return
        }
        throw .noPrivateKey
    }

    /// A key in DER, of the structure that its PEM label names.
    convenience init(der: SensitiveBytes, kind: PEMKeyKind) throws(CertificateError) {
        guard der.count <= Limits.keyBytes else {
            throw .badKey("larger than \(Limits.keyBytes / 1024) KiB")
        }
        let raw = der.withUnsafeBytes { bytes -> OpaquePointer? in
            var cursor = bytes.bindMemory(to: UInt8.self).baseAddress
            switch kind {
            case .pkcs8:
                guard let info = d2i_PKCS8_PRIV_KEY_INFO(nil, &cursor, bytes.count) else {
                    return nil
                }
                defer { PKCS8_PRIV_KEY_INFO_free(info) }
                return EVP_PKCS82PKEY(info)
            case .rsa:
                return d2i_PrivateKey(EVP_PKEY_RSA, nil, &cursor, bytes.count)
            case .ec:
                return d2i_PrivateKey(EVP_PKEY_EC, nil, &cursor, bytes.count)
            }
        }
        try self.init(adopting: raw)
    }

    deinit {
        EVP_PKEY_free(raw)
    }

    /// The key as `BEGIN PRIVATE KEY`, without a password.
    func pkcs8PEM() throws(CertificateError) -> SensitiveBytes {
        guard let output = MemoryBIO(),
            PEM_write_bio_PKCS8PrivateKey(output.raw, raw, nil, nil, 0, nil, nil) == 1
        else {
            throw .badKey(ErrorQueue.drain())
        }
        return output.sensitiveContents()
    }
}

/// The structures in which a PEM text may hold a private key, named by its label.
enum PEMKeyKind {
    case pkcs8, rsa, ec

    init?(label: String) {
        switch label {
        case "PRIVATE KEY": self = .pkcs8
        case "RSA PRIVATE KEY": self = .rsa
        case "EC PRIVATE KEY": self = .ec
        default: return nil
        }
    }
}
