import COpenSSL

/// Certificates as PEM, in the given order, 64 characters a line (RFC 7468 §2).
package func encodePEM(certificates: [[UInt8]]) -> String {
    certificates.map(encodePEM(certificate:)).joined()
}

private func encodePEM(certificate: [UInt8]) -> String {
    // Four symbols for three bytes, and the zero that C puts behind them.
    let size = (certificate.count + 2) / 3 * 4
    let symbols = [UInt8](unsafeUninitializedCapacity: size + 1) { buffer, initialized in
        let written = EVP_EncodeBlock(buffer.baseAddress, certificate, Int32(certificate.count))
        initialized = max(Int(written), 0)
    }
    var text = "-----BEGIN CERTIFICATE-----\n"
    for start in stride(from: 0, to: symbols.count, by: 64) {
        let line = symbols[start..<min(start + 64, symbols.count)]
        text += String(decoding: line, as: UTF8.self) + "\n"
    }
    return text + "-----END CERTIFICATE-----\n"
}
