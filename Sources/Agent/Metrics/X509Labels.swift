import SystemPackage

/// The labels under which enix' x509-certificate-exporter shows a certificate in a file, so that
/// dashboards and alerts that were made for it find kvagent's certificates, too.
///
/// https://github.com/enix/x509-certificate-exporter, docs/metrics.md. Of the subject's and
/// issuer's fields only the common name, which is what those dashboards show.
struct X509Labels: Equatable {
    let subjectCN: String
    let issuerCN: String
    /// In decimal, as Go prints it.
    let serialNumber: String
    let file: FilePath

    /// - Parameters:
    ///   - subject: A distinguished name, as RFC 2253 writes it.
    ///   - issuer: Likewise.
    ///   - serialNumber: Hexadecimal digits, after a minus sign for the few that are negative.
    ///   - file: Where the certificate lies.
    init(subject: String?, issuer: String?, serialNumber: String?, file: FilePath) {
        subjectCN = Self.commonName(subject ?? "")
        issuerCN = Self.commonName(issuer ?? "")
        self.serialNumber = Self.decimal(serialNumber ?? "")
        self.file = file
    }

    var labels: [(String, String)] {
        [
            ("subject_CN", subjectCN), ("issuer_CN", issuerCN), ("serial_number", serialNumber),
            ("filename", file.lastComponent?.string ?? ""), ("filepath", file.string),
        ]
    }

    /// The value of the first `CN=`, unescaped; empty where there is none.
    ///
    /// The first is the most specific: RFC 2253, section 2.1.
    static func commonName(_ name: String) -> String {
        var bytes = name.utf8.makeIterator()
        var attributes: [[UInt8]] = [[]]
        func digit(_ byte: UInt8) -> UInt8? {
            Character(UnicodeScalar(byte)).hexDigitValue.map(UInt8.init)
        }
        while let byte = bytes.next() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let next = bytes.next() else { break }
                if let high = digit(next), let low = bytes.next().flatMap(digit) {
                    attributes[attributes.count - 1].append(high << 4 | low)
                } else {
                    attributes[attributes.count - 1].append(next)
                }
            case UInt8(ascii: ","), UInt8(ascii: "+"): attributes.append([])
            default: attributes[attributes.count - 1].append(byte)
            }
        }
        let prefix = Array("CN=".utf8)
        let found = attributes.first { $0.starts(with: prefix) }
        return String(decoding: found?.dropFirst(prefix.count) ?? [], as: UTF8.self)
    }

    /// The decimal digits of a hexadecimal number of any length; empty where it is none.
    static func decimal(_ hexadecimal: String) -> String {
        let isNegative = hexadecimal.hasPrefix("-")
        let digits = isNegative ? hexadecimal.dropFirst() : hexadecimal[...]
        // Nine decimal digits each, least significant first.
        var limbs: [UInt64] = [0]
        for character in digits {
            guard let digit = character.hexDigitValue else { return "" }
            var carry = UInt64(digit)
            for index in limbs.indices {
                let value = limbs[index] * 16 + carry
                limbs[index] = value % 1_000_000_000
                carry = value / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        guard !digits.isEmpty else { return "" }
        let rest = limbs.dropLast().reversed().map { limb in
            let text = String(limb)
            return String(repeating: "0", count: 9 - text.utf8.count) + text
        }
        return (isNegative ? "-" : "") + String(limbs[limbs.count - 1]) + rest.joined()
    }
}
