import COpenSSL
import Foundation

extension CertificateHandle {
    /// Reads everything once into a value, so that the handle can go.
    func facts() throws(CertificateError) -> CertificateFacts {
        let encoded = try der()
        let subject = X509_get_subject_name(raw)
        let issuer = X509_get_issuer_name(raw)
        return CertificateFacts(
            subject: try Self.line(subject),
            issuer: try Self.line(issuer),
            serialNumber: try serialNumber(),
            notBefore: try Self.date(X509_get0_notBefore(raw)),
            notAfter: try Self.date(X509_get0_notAfter(raw)),
            dnsNames: try dnsNames(),
            keyType: keyType(),
            keyBits: X509_get0_pubkey(raw).map { Int(EVP_PKEY_get_bits($0)) } ?? 0,
            publicKeySha256: try publicKeySha256(),
            signatureAlgorithm: signatureAlgorithm(),
            signatureDigest: signatureDigest(),
            thumbprint: sha1Hex(encoded).uppercased(),
            sha256: sha256Hex(encoded),
            isSelfIssued: X509_NAME_cmp(subject, issuer) == 0,
            isAuthority: X509_get_extension_flags(raw) & UInt32(EXFLAG_CA) != 0
        )
    }

    private static func line(_ name: OpaquePointer?) throws(CertificateError) -> String {
        guard let name, let output = MemoryBIO(), kv_X509_NAME_print(output.raw, name) == 1 else {
            throw .badCertificate("a name in it is not text")
        }
        return output.text()
    }

    private func serialNumber() throws(CertificateError) -> String {
        guard
            let number = OwnedPointer(
                ASN1_INTEGER_to_BN(X509_get0_serialNumber(raw), nil),
                free: { BN_free($0) }
            ),
            let text = BN_bn2hex(number.raw)
        else {
            throw .badCertificate("its serial number is not a number")
        }
        defer { CRYPTO_free(text, #fileID, #line) }
        return String(cString: text)
    }

    private static func date(
        _ moment: UnsafePointer<ASN1_TIME>?
    ) throws(CertificateError) -> Date {
        var seconds: Int64 = 0
        guard let moment, kv_ASN1_TIME_seconds(moment, &seconds) == 1 else {
            throw .badCertificate("a date in it is not valid")
        }
        return Date(timeIntervalSince1970: TimeInterval(seconds))
    }

    private func publicKeySha256() throws(CertificateError) -> String {
        // The encoding that was read, and so of any kind of key, also of one that can't be used.
        guard let key = X509_get_X509_PUBKEY(raw) else { throw .badCertificate("it has no key") }
        let count = i2d_X509_PUBKEY(key, nil)
        guard count > 0 else { throw .badCertificate(ErrorQueue.drain()) }
        let encoded = [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            var cursor = buffer.baseAddress
            initialized = max(Int(i2d_X509_PUBKEY(key, &cursor)), 0)
        }
        return sha256Hex(encoded)
    }

    private func signatureAlgorithm() -> String {
        let identifier = X509_get_signature_nid(raw)
        guard identifier != NID_undef, let name = OBJ_nid2ln(identifier) else { return "unknown" }
        return String(cString: name)
    }

    /// Asked of OpenSSL and not taken from the algorithm's name: RSASSA-PSS has it as a parameter.
    private func signatureDigest() -> String? {
        var digest = NID_undef
        guard X509_get_signature_info(raw, &digest, nil, nil, nil) == 1, digest != NID_undef,
            let name = OBJ_nid2sn(digest)
        else { return nil }
        return String(cString: name)
    }

    private func keyType() -> String {
        guard let key = X509_get0_pubkey(raw) else { return "unknown" }
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA, EVP_PKEY_RSA_PSS: return "RSA \(EVP_PKEY_get_bits(key))"
        case EVP_PKEY_EC: return "EC \(Self.curve(of: key))"
        case EVP_PKEY_ED25519: return "Ed25519"
        case EVP_PKEY_ED448: return "Ed448"
        case EVP_PKEY_DSA: return "DSA \(EVP_PKEY_get_bits(key))"
        default: return "unknown"
        }
    }

    /// The curve's name as Key Vault writes it where it has one, else as OpenSSL does.
    private static func curve(of key: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 64)
        var count = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else {
            return "\(EVP_PKEY_get_bits(key))"
        }
        let text = String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        return switch text {
        case "prime256v1": "P-256"
        case "secp256k1": "P-256K"
        case "secp384r1": "P-384"
        case "secp521r1": "P-521"
        default: text
        }
    }

    private func dnsNames() throws(CertificateError) -> [String] {
        var critical: Int32 = 0
        guard
            let extensionValue = X509_get_ext_d2i(raw, NID_subject_alt_name, &critical, nil)
        else {
            // -1: there is none; -2: there are several; otherwise it does not parse.
            guard critical == -1 else {
                throw .badCertificate("its subject alternative name does not parse")
            }
            return []
        }
        let list = OpaquePointer(extensionValue)
        defer { GENERAL_NAMES_free(list) }
        return (0..<kv_sk_GENERAL_NAME_num(list)).compactMap { index in
            kv_sk_GENERAL_NAME_value(list, index).flatMap(Self.text(of:))
        }
    }

    private static func text(of name: UnsafeMutablePointer<GENERAL_NAME>) -> String? {
        var type: Int32 = 0
        guard let value = GENERAL_NAME_get0_value(name, &type) else { return nil }
        let string = value.assumingMemoryBound(to: ASN1_STRING.self)
        guard let start = ASN1_STRING_get0_data(string) else { return nil }
        let bytes = UnsafeBufferPointer(start: start, count: Int(ASN1_STRING_length(string)))
        return switch type {
        case GEN_DNS: printable(bytes).lowercased()
        case GEN_IPADD: address(bytes)
        default: nil
        }
    }

    private static func printable(_ bytes: some Sequence<UInt8>) -> String {
        String(decoding: bytes.map { (0x21...0x7E).contains($0) ? $0 : 0x3F }, as: UTF8.self)
    }

    private static func address(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
        let family: Int32
        switch bytes.count {
        case 4: family = AF_INET
        case 16: family = AF_INET6
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let size = socklen_t(text.count)
        guard inet_ntop(family, bytes.baseAddress, &text, size) != nil else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
