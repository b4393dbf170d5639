import COpenSSL
import Foundation

/// A certificate that nobody has signed yet.
struct CertificateTemplate {
    /// What the certificate is for, which decides its extensions (RFC 5280 §4.2).
    enum Profile {
        case root
        case intermediate
        case server(dnsNames: [String])
    }

    let subject: DistinguishedName
    let notBefore: Date
    let notAfter: Date
    let profile: Profile

    /// Signed with the key that it certifies.
    func selfSigned(with key: KeyHandle) throws(IssuingError) -> [UInt8] {
        let certificate = try unsigned(for: key)
        return try sign(
            certificate,
            issuer: (certificate.raw, X509_get_subject_name(certificate.raw), key.raw)
        )
    }

    /// Signed by `issuer` for `key`.
    func signed(
        for key: KeyHandle,
        by issuer: CertificateHandle,
        with issuerKey: KeyHandle
    ) throws(IssuingError) -> [UInt8] {
        try sign(
            try unsigned(for: key),
            issuer: (issuer.raw, X509_get_subject_name(issuer.raw), issuerKey.raw)
        )
    }

    private func unsigned(
        for key: KeyHandle
    ) throws(IssuingError) -> CertificateHandle {
        let certificate = try IssuingError.naming("create certificate") {
            () throws(CertificateError) in
            try CertificateHandle(adopting: X509_new())
        }
        let raw = certificate.raw
        var serial = [UInt8](repeating: 0, count: 16)
        guard RAND_bytes(&serial, Int32(serial.count)) == 1 else {
            throw IssuingError("create certificate", ErrorQueue.drain())
        }
        // Positive, and all sixteen bytes of it (RFC 5280 §4.1.2.2).
        serial[0] = serial[0] & 0x3F | 0x40
        guard X509_set_version(raw, Int(X509_VERSION_3)) == 1,
            let number = OwnedPointer(
                BN_bin2bn(serial, Int32(serial.count), nil),
                free: { BN_free($0) }
            ),
            BN_to_ASN1_INTEGER(number.raw, X509_get_serialNumber(raw)) != nil,
            ASN1_TIME_set(X509_getm_notBefore(raw), Self.seconds(notBefore)) != nil,
            ASN1_TIME_set(X509_getm_notAfter(raw), Self.seconds(notAfter)) != nil,
            X509_set_pubkey(raw, key.raw) == 1,
            let name = X509_get_subject_name(raw)
        else {
            throw IssuingError("create certificate", ErrorQueue.drain())
        }
        try subject.write(to: name)
        return certificate
    }

    private func sign(
        _ certificate: CertificateHandle,
        issuer: (certificate: OpaquePointer, name: OpaquePointer?, key: OpaquePointer)
    ) throws(IssuingError) -> [UInt8] {
        for (nid, value) in extensions(of: certificate) {
            let added = kv_X509_add_extension(certificate.raw, issuer.certificate, nid, value)
            guard added == 1 else {
                throw IssuingError("write certificate extension", ErrorQueue.drain())
            }
        }
        if case .server(let names) = profile, !names.isEmpty {
            try Self.add(names, to: certificate)
        }
        guard X509_set_issuer_name(certificate.raw, issuer.name) == 1,
            X509_sign(certificate.raw, issuer.key, EVP_sha256()) > 0
        else {
            throw IssuingError("sign certificate", ErrorQueue.drain())
        }
        return try IssuingError.naming("encode certificate") { () throws(CertificateError) in
            try certificate.der()
        }
    }

    private func extensions(of certificate: CertificateHandle) -> [(Int32, String)] {
        // The subject's key identifier comes first: of a root it is the authority's too.
        let identifiers = [
            (NID_subject_key_identifier, "hash"),
            (NID_authority_key_identifier, "keyid:always"),
        ]
        let signing = (NID_key_usage, "critical,keyCertSign,cRLSign")
        switch profile {
        case .root:
            return identifiers + [(NID_basic_constraints, "critical,CA:TRUE"), signing]
        case .intermediate:
            return identifiers + [(NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), signing]
        case .server:
            let isRSA = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate.raw)) == EVP_PKEY_RSA
            return identifiers + [
                (NID_basic_constraints, "critical,CA:FALSE"),
                (NID_key_usage, "critical,digitalSignature" + (isRSA ? ",keyEncipherment" : "")),
                (NID_ext_key_usage, "serverAuth"),
            ]
        }
    }

    /// Adds the subject alternative name, built by hand: OpenSSL's text form would read a comma in
    /// a name as the start of another entry.
    private static func add(
        _ dnsNames: [String],
        to certificate: CertificateHandle
    ) throws(IssuingError) {
        guard let names = OwnedPointer(GENERAL_NAMES_new(), free: { GENERAL_NAMES_free($0) })
        else {
            throw IssuingError("write alternative names", ErrorQueue.drain())
        }
        for dnsName in dnsNames {
            guard let name = generalName(dnsName) else {
                throw IssuingError("write alternative names", ErrorQueue.drain())
            }
            guard kv_sk_GENERAL_NAME_push(names.raw, name) == 1 else {
                GENERAL_NAME_free(name)
                throw IssuingError("write alternative names", ErrorQueue.drain())
            }
        }
        let list = UnsafeMutableRawPointer(names.raw)
        guard X509_add1_ext_i2d(certificate.raw, NID_subject_alt_name, list, 0, 0) == 1 else {
            throw IssuingError("write alternative names", ErrorQueue.drain())
        }
    }

    /// An address where `text` is one, else a DNS name.
    private static func generalName(_ text: String) -> UnsafeMutablePointer<GENERAL_NAME>? {
        guard let name = GENERAL_NAME_new() else { return nil }
        if let address = a2i_IPADDRESS(text) {
            GENERAL_NAME_set0_value(name, GEN_IPADD, address)
            return name
        }
        guard let string = ASN1_IA5STRING_new() else {
            GENERAL_NAME_free(name)
            return nil
        }
        GENERAL_NAME_set0_value(name, GEN_DNS, string)
        guard ASN1_STRING_set(string, text, Int32(text.utf8.count)) == 1 else {
            GENERAL_NAME_free(name)
            return nil
        }
        return name
    }

    private static func seconds(_ date: Date) -> time_t {
        time_t(date.timeIntervalSince1970.rounded(.down))
    }
}
