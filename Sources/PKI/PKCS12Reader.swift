import COpenSSL
import Sensitive

/// Takes a PKCS#12 file (RFC 7292) apart, bag by bag.
///
/// `PKCS12_parse` would not do: it stops at the first key, pairs it by itself, and answers a file
/// without a key with success and the leaf among the others.
struct PKCS12Reader: ~Copyable {
    private let file: OwnedPointer
    /// How many bytes the file's own encoding takes.
    private let count: Int
    private let password: PKCS12Password
    private var legacy = LegacyContext()
    private var roundsLeft = Limits.derivationRounds
    private var bagsLeft = Limits.items
    private var contents = SecretContents()
    private var protection = PKCS12Protection()
    /// The scheme of the safe that is being read.
    private var safeScheme = PKCS12Protection.plain

    /// Everything in the file; a nil or empty `password` tries the two ways of writing none.
    static func read(
        _ der: SensitiveBytes,
        password: String?
    ) throws(CertificateError) -> SecretContents {
        var failure = CertificateError.wrongPassword
        for candidate in PKCS12Password.candidates(password) {
            var reader = try PKCS12Reader(der, password: candidate)
            do {
                return try reader.contentsOfFile()
            } catch {
                failure = error
                // With a MAC only a wrong password is worth another try. Without one a wrong
                // password looks like damage.
                guard error == .wrongPassword || !reader.hasMAC else { throw error }
            }
        }
        throw failure
    }

    /// Everything in the file with exactly this way of writing the password.
    static func read(
        _ der: SensitiveBytes,
        password: PKCS12Password
    ) throws(CertificateError) -> SecretContents {
        var reader = try PKCS12Reader(der, password: password)
        return try reader.contentsOfFile()
    }

    /// Everything in the file, and how it is protected; bytes after its end make it unreadable.
    static func readProtected(
        _ der: SensitiveBytes,
        password: PKCS12Password
    ) throws(CertificateError) -> (contents: SecretContents, protection: PKCS12Protection) {
        var reader = try PKCS12Reader(der, password: password)
        guard reader.count == der.count else { throw .badPKCS12("bytes follow its end") }
        let contents = try reader.contentsOfFile()
        return (contents, reader.protection)
    }

    private init(_ der: SensitiveBytes, password: PKCS12Password) throws(CertificateError) {
        let (raw, count) = der.withUnsafeBytes { bytes -> (OpaquePointer?, Int) in
            let start = bytes.bindMemory(to: UInt8.self).baseAddress
            var cursor = start
            let raw = d2i_PKCS12(nil, &cursor, bytes.count)
            guard let start, let cursor else { return (raw, 0) }
            return (raw, cursor - start)
        }
        guard let file = OwnedPointer(raw, free: { PKCS12_free($0) }) else {
            throw .badPKCS12(ErrorQueue.drain())
        }
        self.file = file
        self.count = count
        self.password = password
    }

    private var hasMAC: Bool { PKCS12_mac_present(file.raw) == 1 }

    private mutating func verifyMAC() throws(CertificateError) {
        var rounds: Int64 = 1
        var count: UnsafePointer<ASN1_INTEGER>?
        var digest: UnsafePointer<X509_ALGOR>?
        PKCS12_get0_mac(nil, &digest, nil, &count, file.raw)
        protection.digest = digest.map { OBJ_obj2nid($0.pointee.algorithm) }
        if let count, ASN1_INTEGER_get_int64(&rounds, count) != 1 {
            throw .badPKCS12("its MAC has no usable iteration count")
        }
        try spend(rounds)
        ERR_clear_error()
        guard password.withC({ PKCS12_verify_mac(file.raw, $0, $1) }) == 1 else {
            // A mismatch leaves no error behind; a MAC that cannot be computed does.
            throw ERR_peek_last_error() == 0 ? .wrongPassword : .badPKCS12(ErrorQueue.drain())
        }
    }

    private mutating func contentsOfFile() throws(CertificateError) -> SecretContents {
        if hasMAC { try verifyMAC() }
        guard
            let safes = OwnedPointer(
                PKCS12_unpack_authsafes(file.raw),
                free: { kv_sk_PKCS7_free($0) }
            )
        else {
            throw .badPKCS12(ErrorQueue.drain())
        }
        for index in 0..<kv_sk_PKCS7_num(safes.raw) {
            guard let safe = kv_sk_PKCS7_value(safes.raw, index) else { continue }
            try read(safe: safe)
        }
        return contents
    }

    private mutating func read(
        safe: UnsafeMutablePointer<PKCS7>
    ) throws(CertificateError) {
        try count(1)
        let bags: OpaquePointer?
        safeScheme = PKCS12Protection.plain
        if let algorithm = kv_PKCS7_encryption(safe) {
            let (scheme, context) = try prepare(for: algorithm)
            safeScheme = scheme
            bags = password.withC { kv_PKCS7_decrypt_bags(safe, $0, $1, context) }
        } else if kv_PKCS7_is_data(safe) == 1 {
            bags = PKCS12_unpack_p7data(safe)
        } else {
            // RFC 7292 also allows a safe for the holder of a public key; nobody writes one.
            throw .badPKCS12("a part of it is neither plain nor encrypted with a password")
        }
        guard let owned = OwnedPointer(bags, free: { kv_sk_PKCS12_SAFEBAG_free($0) }) else {
            throw .badPKCS12(ErrorQueue.drain())
        }
        try read(bags: owned.raw, depth: 0)
    }

    private mutating func read(bags: OpaquePointer, depth: Int) throws(CertificateError) {
        guard depth <= Limits.nesting else { throw .badPKCS12("its bags are nested too deeply") }
        for index in 0..<kv_sk_PKCS12_SAFEBAG_num(bags) {
            guard let bag = kv_sk_PKCS12_SAFEBAG_value(bags, index) else { continue }
            try count(1)
            switch PKCS12_SAFEBAG_get_nid(bag) {
            case NID_keyBag:
                try append(keyIn: PKCS12_SAFEBAG_get0_p8inf(bag))
                protection.noteKey(safeScheme, name: Self.friendlyName(bag))
            case NID_pkcs8ShroudedKeyBag:
                let scheme = try append(encryptedKeyIn: PKCS12_SAFEBAG_get0_pkcs8(bag))
                protection.noteKey(scheme, name: Self.friendlyName(bag))
            case NID_certBag where PKCS12_SAFEBAG_get_bag_nid(bag) == NID_x509Certificate:
                try contents.append(try CertificateHandle(adopting: PKCS12_SAFEBAG_get1_cert(bag)))
                protection.certificates.insert(safeScheme)
            case NID_safeContentsBag:
                guard let inner = PKCS12_SAFEBAG_get0_safes(bag) else { continue }
                try read(bags: inner, depth: depth + 1)
            default:
                continue
            }
        }
    }

    private mutating func append(keyIn info: OpaquePointer?) throws(CertificateError) {
        guard let info else { throw .badKey("its bag is empty") }
        let size = i2d_PKCS8_PRIV_KEY_INFO(info, nil)
        guard (1...Limits.keyBytes).contains(Int(size)) else {
            throw .badKey("larger than \(Limits.keyBytes / 1024) KiB")
        }
        try contents.append(try KeyHandle(adopting: EVP_PKCS82PKEY(info)))
    }

    /// Adds the key and gives the scheme that it was encrypted with.
    private mutating func append(
        encryptedKeyIn sealed: OpaquePointer?
    ) throws(CertificateError) -> Int32 {
        var algorithm: UnsafePointer<X509_ALGOR>?
        if let sealed { X509_SIG_get0(sealed, &algorithm, nil) }
        guard let algorithm else { throw .badKey("its bag is empty") }
        let (scheme, context) = try prepare(for: algorithm)
        let info = password.withC { PKCS8_decrypt_ex(sealed, $0, $1, context, nil) }
        guard let owned = OwnedPointer(info, free: { PKCS8_PRIV_KEY_INFO_free($0) }) else {
            throw .badPKCS12(ErrorQueue.drain())
        }
        try append(keyIn: owned.raw)
        return scheme
    }

    /// The name in the bag's attribute (RFC 2985 §5.5.1), a BMPString.
    ///
    /// Read here, because OpenSSL 3.0.19's `PKCS12_get_friendlyname` cuts every character beyond
    /// ASCII down to one byte.
    private static func friendlyName(_ bag: OpaquePointer) -> String? {
        guard let attribute = PKCS12_SAFEBAG_get0_attr(bag, NID_friendlyName),
            attribute.pointee.type == V_ASN1_BMPSTRING,
            let text = attribute.pointee.value.bmpstring
        else { return nil }
        let bytes = UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(text),
            count: Int(ASN1_STRING_length(text))
        )
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map {
            UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1])
        }
        return String(decoding: units, as: UTF16.self)
    }

    /// Pays for one decryption; gives the scheme and the context that it needs, nil for the
    /// default one.
    private mutating func prepare(
        for algorithm: UnsafePointer<X509_ALGOR>
    ) throws(CertificateError) -> (scheme: Int32, context: OpaquePointer?) {
        let scheme = try PasswordScheme(algorithm)
        try spend(scheme.rounds)
        guard scheme.isLegacy else { return (scheme.identifier, nil) }
        guard let context = legacy.load() else { throw .legacyProviderMissing(scheme.name) }
        return (scheme.identifier, context)
    }

    private mutating func spend(_ rounds: Int64) throws(CertificateError) {
        guard rounds <= roundsLeft else {
            throw .badPKCS12("its passwords take too many iterations")
        }
        roundsLeft -= max(rounds, 1)
    }

    private mutating func count(_ bags: Int) throws(CertificateError) {
        bagsLeft -= bags
        guard bagsLeft >= 0 else { throw .badPKCS12("it has more than \(Limits.items) parts") }
    }
}
