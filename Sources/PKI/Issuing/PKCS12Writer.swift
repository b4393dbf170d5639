import COpenSSL
import Sensitive

/// Writes a PKCS#12 file (DER) as Key Vault does: the key first, then the certificates in the given
/// order, with `localKeyID` 01 00 00 00 on the key and on the certificate that matches it.
///
/// - Parameters:
///   - key: left out for a certificate whose key is not exportable; it need not match any
///     certificate.
///   - certificates: in DER; which of them is the leaf does not matter here.
///   - friendlyName: of the key; Key Vault takes a GUID.
///   - cipher: how key and certificates are encrypted.
///   - password: nil is the password of no bytes, which Key Vault uses, and not the empty string,
///     which counts as two zero bytes (RFC 7292 §B.1).
/// - Returns: the file; of no key and no certificates it is an empty one.
/// - Throws: when the key or a certificate is unreadable, or the legacy provider is missing.
package func encodePKCS12(
    key: PrivateKey?,
    certificates: [[UInt8]],
    friendlyName: String?,
    cipher: PKCS12Cipher,
    password: String? = nil
) throws(IssuingError) -> SensitiveBytes {
    try ErrorQueue.isolated { () throws(IssuingError) in
        var writer = PKCS12Writer(
            cipher: cipher,
            password: password.map(PKCS12Password.text) ?? .none
        )
        if let key {
            let handle = try IssuingError.naming("read key") { () throws(CertificateError) in
                try KeyHandle(pem: key.pem)
            }
            try writer.append(
                handle,
                friendlyName: friendlyName,
                provider: "Microsoft Enhanced RSA and AES Cryptographic Provider"
            )
            try writer.append(certificates, of: handle)
        } else {
            try writer.append(certificates, isMarked: certificates.map { _ in false })
        }
        return try writer.finish()
    }
}

/// A PKCS#12 file in the making.
struct PKCS12Writer: ~Copyable {
    private let cipher: PKCS12Cipher
    private let password: PKCS12Password
    private var safes = SafeStack()
    private var legacy = LegacyContext()

    init(cipher: PKCS12Cipher, password: PKCS12Password) {
        self.cipher = cipher
        self.password = password
    }

    /// Adds the key, encrypted by itself, in a safe that is not.
    ///
    /// `provider` is the name of the Windows library that shall keep the key, which only Windows
    /// looks at.
    mutating func append(
        _ key: KeyHandle,
        friendlyName: String?,
        provider: String? = nil
    ) throws(IssuingError) {
        var bags = BagStack()
        let bag = password.withC { text, _ in
            PKCS12_add_key_ex(
                &bags.raw,
                key.raw,
                0,
                cipher.rounds,
                cipher.keyScheme,
                text,
                nil,
                nil
            )
        }
        guard let bag, Self.mark(bag) else { throw Self.failure() }
        try Self.name(bag, friendlyName)
        if let provider, PKCS12_add_CSPName_asc(bag, provider, -1) != 1 { throw Self.failure() }
        guard PKCS12_add_safe_ex(&safes.raw, bags.raw, -1, 0, nil, nil, nil) == 1 else {
            throw Self.failure()
        }
    }

    /// Adds the certificates in one encrypted safe; those that match `key` are marked and named.
    mutating func append(
        _ certificates: [[UInt8]],
        of key: KeyHandle,
        friendlyName: String? = nil
    ) throws(IssuingError) {
        let matching = try certificates.map { der throws(IssuingError) in
            try Self.open(der).certifies(key)
        }
        try append(certificates, isMarked: matching, friendlyName: friendlyName)
    }

    /// Adds the certificates in one encrypted safe; `isMarked` has an element for each.
    mutating func append(
        _ certificates: [[UInt8]],
        isMarked: [Bool],
        friendlyName: String? = nil
    ) throws(IssuingError) {
        guard !certificates.isEmpty else { return }
        var bags = BagStack()
        for (der, isMarked) in zip(certificates, isMarked) {
            let certificate = try Self.open(der)
            guard let bag = PKCS12_add_cert(&bags.raw, certificate.raw) else {
                throw Self.failure()
            }
            guard !isMarked || Self.mark(bag) else { throw Self.failure() }
            if isMarked { try Self.name(bag, friendlyName) }
        }
        let context = cipher == .rc2_40 ? legacy.load() : nil
        guard cipher != .rc2_40 || context != nil else {
            throw IssuingError("write PKCS#12", "OpenSSL's legacy provider is missing")
        }
        let added = password.withC { text, _ in
            PKCS12_add_safe_ex(
                &safes.raw,
                bags.raw,
                cipher.certificateScheme,
                cipher.rounds,
                text,
                context,
                nil
            )
        }
        guard added == 1 else { throw Self.failure() }
    }

    /// The whole file with its MAC.
    mutating func finish() throws(IssuingError) -> SensitiveBytes {
        if safes.raw == nil { safes.raw = kv_sk_PKCS7_new() }
        guard
            let file = OwnedPointer(
                PKCS12_add_safes(safes.raw, NID_pkcs7_data),
                free: { PKCS12_free($0) }
            )
        else {
            throw Self.failure()
        }
        let sealed = password.withC { text, count in
            PKCS12_set_mac(file.raw, text, count, nil, 20, cipher.macRounds, cipher.macDigest)
        }
        guard sealed == 1 else { throw Self.failure() }
        let size = i2d_PKCS12(file.raw, nil)
        guard size > 0 else { throw Self.failure() }
        return SensitiveBytes(capacity: Int(size)) { buffer in
            var cursor = buffer.bindMemory(to: UInt8.self).baseAddress
            return Int(i2d_PKCS12(file.raw, &cursor))
        }
    }

    private static func mark(_ bag: OpaquePointer) -> Bool {
        var identifier: [UInt8] = [1, 0, 0, 0]
        return PKCS12_add_localkeyid(bag, &identifier, Int32(identifier.count)) == 1
    }

    private static func name(_ bag: OpaquePointer, _ name: String?) throws(IssuingError) {
        guard let name else { return }
        guard PKCS12_add_friendlyname_utf8(bag, name, -1) == 1 else { throw failure() }
    }

    private static func open(_ der: [UInt8]) throws(IssuingError) -> CertificateHandle {
        try IssuingError.naming("read certificate") { () throws(CertificateError) in
            try CertificateHandle(der: der)
        }
    }

    private static func failure() -> IssuingError {
        IssuingError("write PKCS#12", ErrorQueue.drain())
    }
}

/// An owned `STACK_OF(PKCS7) *`, which OpenSSL makes with the first element.
private struct SafeStack: ~Copyable {
    var raw: OpaquePointer?

    deinit {
        if let raw { kv_sk_PKCS7_free(raw) }
    }
}

/// An owned `STACK_OF(PKCS12_SAFEBAG) *`, which OpenSSL makes with the first element.
private struct BagStack: ~Copyable {
    var raw: OpaquePointer?

    deinit {
        if let raw { kv_sk_PKCS12_SAFEBAG_free(raw) }
    }
}
