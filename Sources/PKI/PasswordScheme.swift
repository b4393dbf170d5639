import COpenSSL

/// How a part of a PKCS#12 file is encrypted, read before anything is decrypted.
struct PasswordScheme {
    let name: String
    /// OpenSSL's number of the scheme, of PBES2 that of the cipher in it.
    let identifier: Int32
    /// What deriving the key costs.
    let rounds: Int64
    /// Whether only OpenSSL's legacy provider can decrypt it.
    let isLegacy: Bool

    /// PBES2 with PBKDF2 (RFC 8018 §6.2), or one of the older schemes that say all in their name.
    init(_ algorithm: UnsafePointer<X509_ALGOR>) throws(CertificateError) {
        let scheme = OBJ_obj2nid(algorithm.pointee.algorithm)
        if scheme == NID_pbes2 {
            try self.init(pbes2: algorithm)
            return
        }
        guard
            let parameter = OwnedPointer(
                Self.unpack(algorithm.pointee.parameter, as: PBEPARAM_it()),
                free: { PBEPARAM_free(UnsafeMutablePointer($0)) }
            ),
            let rounds = Self.number(UnsafeMutablePointer<PBEPARAM>(parameter.raw).pointee.iter)
        else {
            throw Self.unsupported(scheme)
        }
        self.init(scheme, rounds: rounds)
    }

    private init(pbes2 algorithm: UnsafePointer<X509_ALGOR>) throws(CertificateError) {
        guard
            let owned = OwnedPointer(
                Self.unpack(algorithm.pointee.parameter, as: PBE2PARAM_it()),
                free: { PBE2PARAM_free(UnsafeMutablePointer($0)) }
            ),
            let derivation = UnsafeMutablePointer<PBE2PARAM>(owned.raw).pointee.keyfunc,
            let encryption = UnsafeMutablePointer<PBE2PARAM>(owned.raw).pointee.encryption
        else {
            throw Self.unsupported(NID_pbes2)
        }
        // Anything else is scrypt, which nobody writes into a PFX and whose cost has three factors.
        guard OBJ_obj2nid(derivation.pointee.algorithm) == NID_id_pbkdf2 else {
            throw Self.unsupported(OBJ_obj2nid(derivation.pointee.algorithm))
        }
        guard
            let parameter = OwnedPointer(
                Self.unpack(derivation.pointee.parameter, as: PBKDF2PARAM_it()),
                free: { PBKDF2PARAM_free(UnsafeMutablePointer($0)) }
            ),
            let rounds = Self.number(UnsafeMutablePointer<PBKDF2PARAM>(parameter.raw).pointee.iter)
        else {
            throw Self.unsupported(NID_id_pbkdf2)
        }
        self.init(OBJ_obj2nid(encryption.pointee.algorithm), rounds: rounds)
    }

    private init(_ scheme: Int32, rounds: Int64) {
        name = Self.name(scheme)
        identifier = scheme
        self.rounds = rounds
        isLegacy = Self.legacy.contains(scheme)
    }

    /// What Debian's default provider lacks (OSSL_PROVIDER-legacy(7)).
    private static let legacy: Set<Int32> = [
        NID_pbe_WithSHA1And40BitRC2_CBC, NID_pbe_WithSHA1And128BitRC2_CBC,
        NID_pbe_WithSHA1And40BitRC4, NID_pbe_WithSHA1And128BitRC4,
        NID_pbeWithMD5AndDES_CBC, NID_pbeWithMD5AndRC2_CBC,
        NID_pbeWithSHA1AndDES_CBC, NID_pbeWithSHA1AndRC2_CBC,
        NID_des_cbc, NID_rc2_cbc,
    ]

    private static func unpack(
        _ parameter: UnsafeMutablePointer<ASN1_TYPE>?,
        as item: OpaquePointer?
    ) -> OpaquePointer? {
        ASN1_TYPE_unpack_sequence(item, parameter).map { OpaquePointer($0) }
    }

    private static func number(_ integer: UnsafeMutablePointer<ASN1_INTEGER>?) -> Int64? {
        var value: Int64 = 0
        guard let integer, ASN1_INTEGER_get_int64(&value, integer) == 1, value > 0 else {
            return nil
        }
        return value
    }

    private static func name(_ scheme: Int32) -> String {
        OBJ_nid2ln(scheme).map { String(cString: $0) } ?? "unknown"
    }

    private static func unsupported(_ scheme: Int32) -> CertificateError {
        .badPKCS12("its encryption (\(name(scheme))) is not supported")
    }
}
