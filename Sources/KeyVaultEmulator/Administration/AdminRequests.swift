/// The bodies of the administration's requests and answers; the command line sends them.
package enum AdminRequests {
    package struct Rotate: Sendable, Codable {
        package var fault: ContentFault?
        package init(fault: ContentFault? = nil) { self.fault = fault }
    }

    package struct Import: Sendable, Codable {
        /// Base64 PKCS#12 or PEM.
        package var value: String
        package var password: String?
        package var contentType: SecretContentType
        package init(value: String, password: String?, contentType: SecretContentType) {
            self.value = value
            self.password = password
            self.contentType = contentType
        }
    }

    package struct PutSecret: Sendable, Codable {
        package var value: String
        package var contentType: String?
        package init(value: String, contentType: String?) {
            self.value = value
            self.contentType = contentType
        }
    }

    /// Which version of an object; nil for the newest.
    package struct Selection: Sendable, Codable {
        package var version: String?
        package init(version: String? = nil) { self.version = version }
    }

    /// The version that was made.
    package struct Made: Sendable, Codable {
        package let version: String
    }

    /// Why a request was refused.
    package struct Refusal: Sendable, Codable {
        package let error: String
    }
}
