import PKI
import Yams

extension SettingsReader {
    /// `formats` of a certificate: those beside PEM.
    mutating func formats(
        _ cursor: SettingsCursor?,
        of certificate: String
    ) -> Set<FileFormat> {
        var formats: Set<FileFormat> = []
        for element in elements(cursor) {
            guard let text = string(element) else { continue }
            guard let format = FileFormat(rawValue: text), FileFormat.settable.contains(format)
            else {
                let names = FileFormat.settable.map(\.rawValue).joined(separator: ", ")
                fail(element, "expected one of \(names), found \"\(text)\"")
                continue
            }
            if let taken = format.fileNames(of: certificate).first(where: {
                FileFormat.pemFiles.contains($0)
            }) {
                fail(
                    element,
                    "would write \"\(taken)\", which is another file of the certificate; give it a \"name\" other than \"\(certificate)\""
                )
            }
            if format != .pem { formats.insert(format) }
        }
        return formats
    }

    /// `pkcs12` of a certificate, which says nothing where `formats` does not ask for that.
    mutating func pkcs12(
        _ cursor: SettingsCursor?,
        formats: SettingsCursor?
    ) -> PKCS12Settings {
        guard let cursor, !cursor.isNull else { return PKCS12Settings() }
        let fields = fields(cursor)
        let isAsked = formats?.node.sequence?.contains {
            $0.scalar?.string == FileFormat.pkcs12.rawValue
        }
        if isAsked != true { note(cursor, "has no effect: pkcs12 is not among the formats") }
        return PKCS12Settings(
            passwordFile: directory(fields["passwordFile"]),
            encryption: encryption(fields["encryption"]) ?? .modern,
            alias: alias(fields["alias"])
        )
    }

    private mutating func encryption(_ cursor: SettingsCursor?) -> PKCS12Encryption? {
        guard let text = string(cursor), let cursor else { return nil }
        guard let encryption = PKCS12Encryption(rawValue: text) else {
            let names = PKCS12Encryption.allCases.map(\.rawValue).joined(separator: " or ")
            fail(cursor, "expected \(names), found \"\(text)\"")
            return nil
        }
        return encryption
    }

    /// A friendly name, at most as long as PKCS #9 lets it be (RFC 2985, pkcs-9-ub-friendlyName).
    private mutating func alias(_ cursor: SettingsCursor?) -> String? {
        guard let text = string(cursor), let cursor else { return nil }
        guard text.utf16.count <= 255 else {
            fail(cursor, "has more than 255 characters")
            return nil
        }
        // It is a BMPString, which has no surrogates.
        guard text.unicodeScalars.allSatisfy({ $0.value <= 0xFFFF }) else {
            fail(cursor, "has a character beyond U+FFFF, which a friendly name can't have")
            return nil
        }
        return text
    }
}
