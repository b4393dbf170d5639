import Agent
import Foundation
import HTTP
import KeyVault
import Sensitive

/// The hosts of a simulation and what all of them have in common.
///
/// Every host has the same settings, read by kvagent's own reader; its points of the interval are
/// those that kvagent reckons from its name.
struct Fleet: Sendable {
    /// What asks for one certificate, and how the vault refuses that.
    struct Certificate: Sendable {
        let name: String
        let publicPart: Reading
        let secret: Reading
        let throttled: VaultError
        let unavailable: VaultError
    }

    /// A host's points, hashed once.
    struct Points: Sendable {
        let phase: Double
        /// Of each certificate.
        let starts: [Double]
    }

    let interval: Duration
    let observed: [ObservedCertificate]
    let certificates: [Certificate]
    /// Of each host.
    let points: [Points]
    /// Which of the certificates has a name.
    let indices: [String: Int]

    /// A fleet whose hosts have the same certificates.
    ///
    /// - Parameters:
    ///   - hosts: How many hosts there are.
    ///   - count: How many certificates each has.
    ///   - interval: `pollingIntervalInS`.
    ///   - retryAfter: The seconds of the `Retry-After` that comes with 429; nil for none.
    /// - Throws: `SettingsError` for an interval that kvagent doesn't take.
    init(hosts: Int, certificates count: Int, interval: Int, retryAfter: Int? = nil) throws {
        let names = (0..<count).map { "certificate-\($0)" }
        let entries = names.map { "    - url: https://fleet.vault.azure.net/secrets/\($0)" }
        let settings = try Settings.parse(
            """
            secretsManagementSettings:
              pollingIntervalInS: \(interval)
              observedCertificates:
            \(entries.joined(separator: "\n"))
            """,
            file: "fleet.yaml"
        )
        self.interval = settings.pollingInterval
        observed = settings.certificates
        indices = Dictionary(
            uniqueKeysWithValues: settings.certificates.enumerated().map { ($1.name, $0) }
        )
        certificates = settings.certificates.map { certificate in
            let publicPart = Reading.certificate(certificate.url)
            return Certificate(
                name: certificate.name,
                publicPart: publicPart,
                secret: .secret(certificate.url, version: String(repeating: "0", count: 32)),
                throttled: publicPart.refused(Self.refusal(429, retryAfter: retryAfter)),
                unavailable: publicPart.refused(Self.refusal(503))
            )
        }
        points = (0..<hosts).map { host in
            let splay = Splay(host: "host-\(host)")
            return Points(
                phase: splay.phase,
                starts: settings.certificates.map { splay.start(of: $0.name) }
            )
        }
    }

    private static func refusal(_ status: Int, retryAfter: Int? = nil) -> HTTPResponse {
        let fields = retryAfter.map { HTTPResponse.Field(name: "Retry-After", value: "\($0)") }
        return HTTPResponse(
            status: status,
            fields: fields.map { [$0] } ?? [],
            body: SensitiveBytes(copying: []),
            httpVersion: "2"
        )
    }
}
