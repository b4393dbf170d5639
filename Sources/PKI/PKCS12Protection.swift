import COpenSSL

/// How the parts of a PKCS#12 file are protected, in OpenSSL's numbers, and what its keys are called.
struct PKCS12Protection: Equatable {
    /// What stands for no encryption at all.
    static let plain: Int32 = NID_undef

    /// The digest of the MAC; nil for a file without one.
    var digest: Int32?
    /// The schemes that keys are encrypted with.
    private(set) var keys: Set<Int32> = []
    /// Those of the safes with certificates.
    var certificates: Set<Int32> = []
    /// The friendly name of each key.
    private(set) var names: [String?] = []

    mutating func noteKey(_ scheme: Int32, name: String?) {
        keys.insert(scheme)
        names.append(name)
    }
}

extension PKCS12Protection {
    /// That of a file with one key, as ``PKCS12Writer`` writes it.
    init(_ cipher: PKCS12Cipher, keyNamed name: String) {
        digest = cipher.macDigest.map { EVP_MD_get_type($0) }
        certificates = [cipher.certificateScheme]
        noteKey(cipher.keyScheme, name: name)
    }
}
