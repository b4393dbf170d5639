import PKI
import Sensitive
import Store

/// The files in further formats that a certificate's settings ask for, made of its PEM files.
///
/// The history knows the PEM files alone: what is made of them is right or wrong by comparison, so
/// that it can be made whenever a version is staged, of whatever age.
struct DerivedFiles {
    let certificate: ObservedCertificate
    let version: String

    /// Looks up what lies on disk under a name; nil for nothing, or nothing that can be read.
    typealias Lookup = (String) -> SensitiveBytes?

    /// The files to write beside the PEM files.
    ///
    /// HAProxy's and DER are the same bytes each time. A PKCS#12 file has new salts, so one that
    /// lies there and is right is taken as it is, and nothing is written on an unchanged pass.
    ///
    /// - Throws: A `StoreError` when the password can't be read or the file not be made.
    func make(
        from pem: [VersionFile],
        existing: Lookup
    ) throws(StoreError) -> [VersionFile] {
        var files: [VersionFile] = []
        for format in FileFormat.allCases where certificate.allFormats.contains(format) {
            switch format {
            case .pem: continue
            case .haproxy: files.append(try haproxy(pem))
            case .der: files += try der(pem)
            case .extensionV4: files += try extensionV4(pem)
            case .pkcs12:
                let bundle = try bundle(pem)
                let password = try password()
                let name = FileFormat.pkcs12File
                if let found = existing(name), bundle.isHeld(by: found, password: password) {
                    files.append(
                        VersionFile(name: name, contents: .sensitive(found), isSecret: true)
                    )
                    continue
                }
                let made = try Self.naming(name) { () throws(IssuingError) in
                    try bundle.encoded(password: password)
                }
                files.append(VersionFile(name: name, contents: .sensitive(made), isSecret: true))
            }
        }
        return files
    }

    /// Which of the files that are asked for are missing or not right.
    ///
    /// Of a PKCS#12 file whose password can't be read now that can't be told. It counts as right:
    /// it goes on serving, and whoever writes next says what is wrong with the password.
    func misplaced(beside pem: [VersionFile], existing: Lookup) throws(StoreError) -> [String] {
        var files: [VersionFile] = []
        if certificate.allFormats.contains(.haproxy) { files.append(try haproxy(pem)) }
        if certificate.allFormats.contains(.der) { files += try der(pem) }
        if certificate.allFormats.contains(.extensionV4) { files += try extensionV4(pem) }
        var misplaced: [String] = []
        for file in files {
            if let found = existing(file.name), found == file.contents.bytes { continue }
            misplaced.append(file.name)
        }
        guard certificate.allFormats.contains(.pkcs12) else { return misplaced }
        guard let found = existing(FileFormat.pkcs12File) else {
            return misplaced + [FileFormat.pkcs12File]
        }
        // As above.
        guard let password = try? password() else { return misplaced }
        let isRight = try bundle(pem).isHeld(by: found, password: password)
        return isRight ? misplaced : misplaced + [FileFormat.pkcs12File]
    }

    private func haproxy(_ pem: [VersionFile]) throws(StoreError) -> VersionFile {
        let parts = [
            try Self.bytes("fullchain.pem", of: pem), try Self.bytes("privkey.pem", of: pem),
        ]
        return VersionFile(
            name: "\(certificate.name).pem",
            contents: .sensitive(SensitiveBytes(joining: parts)),
            isSecret: true
        )
    }

    private func der(_ pem: [VersionFile]) throws(StoreError) -> [VersionFile] {
        var files: [VersionFile] = []
        for (name, source, isSecret) in [
            ("cert.der", "cert.pem", false), ("privkey.der", "privkey.pem", true),
        ] {
            let text = try Self.bytes(source, of: pem)
            let contents = try Self.naming(name) { () throws(CertificateError) in
                try decodePEM(text)
            }
            files.append(
                VersionFile(name: name, contents: .sensitive(contents), isSecret: isSecret)
            )
        }
        return files
    }

    private func extensionV4(_ pem: [VersionFile]) throws(StoreError) -> [VersionFile] {
        let bundle = try Self.bytes("bundle.pem", of: pem)
        let key = try Self.bytes("privkey.pem", of: pem)
        // The key is the bundle's last part.
        let certificates = bundle.withBytes { span in
            String(decoding: (0..<max(0, span.count - key.count)).map { span[$0] }, as: UTF8.self)
        }
        let facts = [
            "certificate": certificate.name, "version": version,
            "url": "\(certificate.url)/\(version)",
        ]
        let pairs = facts.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\"\($0.value)\"" }
        return [
            VersionFile(
                name: FileFormat.certificatesFile,
                contents: .text(certificates),
                isSecret: false
            ),
            VersionFile(
                name: FileFormat.versionFile,
                contents: .text("{\(pairs.joined(separator: ","))}\n"),
                isSecret: false
            ),
        ]
    }

    private func bundle(_ pem: [VersionFile]) throws(StoreError) -> PKCS12Bundle {
        let key = try Self.bytes("privkey.pem", of: pem)
        let certificates = try Self.bytes("bundle.pem", of: pem)
        return try Self.naming(FileFormat.pkcs12File) { () throws(CertificateError) in
            try PKCS12Bundle(
                key: key,
                certificates: certificates,
                alias: certificate.pkcs12.alias ?? certificate.name,
                encryption: certificate.pkcs12.encryption
            )
        }
    }

    private func password() throws(StoreError) -> SensitiveBytes {
        guard let path = certificate.pkcs12.passwordFile else {
            return SensitiveBytes(copying: [])
        }
        return try PasswordFile(path: path).read()
    }

    private static func bytes(
        _ name: String,
        of pem: [VersionFile]
    ) throws(StoreError) -> SensitiveBytes {
        guard let file = pem.first(where: { $0.name == name }) else {
            throw StoreError(operation: "read", path: name, cause: "the version has no such file")
        }
        return file.contents.bytes
    }

    /// Runs a step that makes a file and names the file in what it throws.
    private static func naming<Result, Failure: Error>(
        _ file: String,
        _ step: () throws(Failure) -> Result
    ) throws(StoreError) -> Result {
        do {
            return try step()
        } catch {
            throw StoreError(operation: "make", path: file, cause: "\(error)")
        }
    }
}

extension VersionFile.Contents {
    /// The bytes of the file.
    var bytes: SensitiveBytes {
        switch self {
        case .text(let text): SensitiveBytes(copying: text.utf8)
        case .sensitive(let bytes): bytes
        }
    }
}

extension SensitiveBytes {
    /// The parts one after the other.
    fileprivate convenience init(joining parts: [SensitiveBytes]) {
        unsafe self.init(capacity: parts.reduce(0) { $0 + $1.count }) { buffer in
            var filled = 0
            for part in parts {
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
                unsafe part.withUnsafeBytes { unsafe rest.copyBytes(from: $0) }
                filled += part.count
            }
            return filled
        }
    }
}
