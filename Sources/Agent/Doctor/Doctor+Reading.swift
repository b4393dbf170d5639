import Foundation
import History
import KeyVault
import PKI

/// What a vault answered about one certificate.
struct DoctorReading: Sendable {
    let certificate: ObservedCertificate
    /// Whether the certificate's public part may be read; nil where that wasn't asked.
    let publicPart: Result<CertificateVersion, VaultError>?
    let secret: Result<Secret, VaultError>

    /// Why the secret can't be read.
    var error: VaultError? {
        if case .failure(let error) = secret { error } else { nil }
    }

    var isDenied: Bool { error?.kind == .denied }

    /// Whether it was the token that the vault didn't take.
    var isTokenRefused: Bool { error?.status == 401 || error?.kind == .identity }

    /// Whether it may be read.
    var permission: DoctorReport.Finding? {
        guard let error else {
            guard case .failure(let error) = publicPart, error.kind == .denied else {
                return DoctorReport.Finding(certificate.name, .ok, "may be read")
            }
            return DoctorReport.Finding(
                certificate.name,
                .warning,
                "the secret may be read and the certificate may not: each poll fetches the private key",
                hint: error.hint
            )
        }
        switch error.kind {
        case .disabled, .notFound, .malformed, .rejected:
            // The identity may ask, and that is all that this step is about.
            return DoctorReport.Finding(certificate.name, .ok, "may be asked for")
        default:
            return DoctorReport.Finding(
                certificate.name,
                .failed,
                error.explained,
                hint: error.hint
            )
        }
    }

    /// What it turned out to be.
    var content: DoctorReport.Finding {
        let name = certificate.name
        switch secret {
        case .failure(let error):
            return DoctorReport.Finding(name, .failed, error.explained, hint: error.hint)
        case .success(let secret):
            let now = Date()
            let fetched = Fetched(secret, of: name, at: now)
            switch fetched.content {
            case .plainSecret:
                return DoctorReport.Finding(
                    name,
                    .warning,
                    "the secret is no certificate, and is ignored",
                    hint: "give the URL of a secret that belongs to a Key Vault certificate"
                )
            case .unusable(let error):
                return DoctorReport.Finding(name, .failed, "\(error)", hint: error.hint)
            case .certificate:
                return Self.finding(fetched, name, now: now)
            }
        }
    }

    private static func finding(
        _ fetched: Fetched,
        _ name: String,
        now: Date
    ) -> DoctorReport.Finding {
        let record = fetched.record
        let end = record.notAfter.map { ", until \($0.formatted(.rfc3339))" } ?? ""
        let words = "\(record.subject ?? "no subject"), \(record.keyType ?? "unknown key")\(end)"
        if let notAfter = record.notAfter, notAfter <= now {
            return DoctorReport.Finding(
                name,
                .warning,
                "\(words): it has expired",
                hint: "renew the certificate in the vault"
            )
        }
        if let notBefore = record.notBefore, notBefore > now {
            return DoctorReport.Finding(
                name,
                .warning,
                "\(words): it is not valid before \(notBefore.formatted(.rfc3339))"
            )
        }
        return DoctorReport.Finding(name, .ok, words)
    }
}

extension Doctor {
    /// The newest version of each certificate, read as the daemon would, without a second try.
    func readVaults() async -> [DoctorReading] {
        await withTaskGroup(of: (Int, DoctorReading).self) { group in
            for (index, certificate) in certificates.enumerated() {
                group.addTask { (index, await read(certificate)) }
            }
            var readings: [(Int, DoctorReading)] = []
            for await reading in group { readings.append(reading) }
            return readings.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func read(_ certificate: ObservedCertificate) async -> DoctorReading {
        let client = VaultClient(
            http: http,
            tokens: tokens,
            credential: certificate.credential,
            cloud: settings.cloud,
            gates: gates
        )
        let url = certificate.url
        var publicPart: Result<CertificateVersion, VaultError>?
        if url.version == nil {
            do throws(VaultError) {
                publicPart = .success(try await client.newestCertificate(url))
            } catch {
                publicPart = .failure(error)
            }
        }
        let secret: Result<Secret, VaultError>
        do throws(VaultError) {
            secret = .success(try await client.secret(url, version: url.version))
        } catch {
            secret = .failure(error)
        }
        return DoctorReading(certificate: certificate, publicPart: publicPart, secret: secret)
    }

    /// Whether the vaults take the tokens, and whether their clocks and this machine's agree.
    func examineTokens(_ readings: [DoctorReading], _ probes: [VaultProbe]) -> [Finding] {
        let clocks = probes.compactMap(\.clockFinding)
        let refused = readings.filter(\.isTokenRefused).compactMap { reading in
            reading.error.map {
                Finding(reading.certificate.name, .failed, $0.explained, hint: $0.hint)
            }
        }
        if !refused.isEmpty { return refused + clocks }
        let answered = readings.contains { $0.error == nil || $0.error?.status != nil }
        let vaults = Set(readings.map(\.certificate.url.host)).sorted().joined(separator: ", ")
        return [Finding(vaults, .ok, answered ? "accepted" : "not refused")] + clocks
    }
}

extension VaultError {
    /// The error with what support asks for.
    fileprivate var explained: String {
        description + (requestID.map { " [x-ms-request-id \($0)]" } ?? "")
    }
}
