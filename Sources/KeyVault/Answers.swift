import AzureIdentity
import Foundation
import HTTP
import Sensitive

/// When an object is good, and whether it may be used; Unix seconds on the wire.
struct Attributes: Decodable {
    let isEnabled: Bool
    let notBefore: Date?
    let expires: Date?
    let created: Date?
    let updated: Date?

    private enum CodingKeys: String, CodingKey {
        case isEnabled = "enabled"
        case notBefore = "nbf"
        case expires = "exp"
        case created, updated
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isEnabled = try container.decodeIfPresent(Bool.self, forKey: .isEnabled) ?? true
        notBefore = try Self.date(.notBefore, in: container)
        expires = try Self.date(.expires, in: container)
        created = try Self.date(.created, in: container)
        updated = try Self.date(.updated, in: container)
    }

    /// Up to the year 9999: a date beyond it could not be written as RFC 3339.
    private static func date(
        _ key: CodingKeys,
        in container: KeyedDecodingContainer<CodingKeys>
    ) throws -> Date? {
        guard let seconds = try container.decodeIfPresent(Double.self, forKey: key) else {
            return nil
        }
        guard (0.0...253_402_300_799).contains(seconds) else {
            throw DecodingError.dataCorruptedError(
                forKey: key,
                in: container,
                debugDescription: "not a time"
            )
        }
        return Date(timeIntervalSince1970: seconds)
    }
}

/// A secret bundle.
///
/// Microsoft: REST reference, "Get Secret".
private struct SecretAnswer: Decodable {
    let id: String
    let value: String
    let contentType: String?
    let kid: String?
    let managed: Bool?
    let attributes: Attributes
}

/// A certificate bundle.
///
/// Microsoft: REST reference, "Get Certificate".
private struct CertificateAnswer: Decodable {
    let id: String
    /// SHA-1 of the certificate; missing while the first version is still being issued.
    let x5t: String?
    let attributes: Attributes
}

extension Secret {
    /// Reads an answer, which has to be about the object that was asked for.
    ///
    /// The decoder's own copy of `value` is a string, which can't be wiped; it is copied into
    /// memory that is, and released before this returns.
    init(_ response: HTTPResponse, of object: ObjectID) throws(MalformedAnswer) {
        let answer: SecretAnswer = try decode(response)
        version = try object.version(in: answer.id)
        value = SensitiveBytes(copying: answer.value.utf8)
        contentType = answer.contentType?.oneLine(limit: 255)
        isEnabled = answer.attributes.isEnabled
        notBefore = answer.attributes.notBefore
        expires = answer.attributes.expires
        created = answer.attributes.created
        updated = answer.attributes.updated
        isManaged = answer.managed ?? false
        hasKey = answer.kid != nil
    }
}

extension CertificateVersion {
    /// Reads an answer, which has to be about the object that was asked for.
    init(_ response: HTTPResponse, of object: ObjectID) throws(MalformedAnswer) {
        let answer: CertificateAnswer = try decode(response)
        version = try object.version(in: answer.id)
        thumbprint = try answer.x5t.map { text throws(MalformedAnswer) in
            guard let thumbprint = Self.thumbprint(x5t: text) else {
                throw MalformedAnswer("its x5t is not the base64url of a SHA-1")
            }
            return thumbprint
        }
        isEnabled = answer.attributes.isEnabled
        notBefore = answer.attributes.notBefore
        expires = answer.attributes.expires
        created = answer.attributes.created
        updated = answer.attributes.updated
    }

    /// From base64url without padding (RFC 7515, section 4.1.7) to upper-case hexadecimal digits.
    static func thumbprint(x5t: String) -> String? {
        guard let bytes = Data(base64URL: x5t.utf8), bytes.count == 20 else {
            return nil
        }
        let digits = Array("0123456789ABCDEF".utf8)
        var thumbprint: [UInt8] = []
        for byte in bytes {
            thumbprint.append(digits[Int(byte >> 4)])
            thumbprint.append(digits[Int(byte & 15)])
        }
        return String(decoding: thumbprint, as: UTF8.self)
    }
}

private func decode<Answer: Decodable>(
    _ response: HTTPResponse
) throws(MalformedAnswer) -> Answer {
    do {
        return try response.json(as: Answer.self)
    } catch {
        let type = response.value(of: "Content-Type")?.prefix { $0 != ";" }.lowercased()
        // What the decoder says may quote the value, so only its place in the cause is kept.
        guard type == "application/json" else {
            throw MalformedAnswer("it is \(type?.oneLine(limit: 60) ?? "of no type"), not JSON")
        }
        throw MalformedAnswer("its JSON is not what a vault answers")
    }
}
