import Foundation
import HTTP
import KeyVault

/// What came of asking a vault for nothing.
struct VaultProbe: Sendable {
    let host: String
    let port: Int
    let result: Result<HTTPResponse, HTTPError>
    let at: Date

    /// `kv.vault.azure.net:443`.
    var server: String { "\(host):\(port)" }

    /// What this shows of one of the steps to an answer.
    func finding(at step: DoctorReport.Step) -> DoctorReport.Finding {
        switch result {
        case .success(let response):
            return DoctorReport.Finding(server, .ok, Self.words(response, step))
        case .failure(let error) where error.step == step:
            return DoctorReport.Finding(server, .failed, error.detail, hint: error.mend)
        case .failure:
            // It stopped at a later step: the walk ends at the first that fails.
            return DoctorReport.Finding(server, .ok, Self.words(nil, step))
        }
    }

    private static func words(_ response: HTTPResponse?, _ step: DoctorReport.Step) -> String {
        switch step {
        case .dns: response?.peerAddress.map { "has the address \($0)" } ?? "has an address"
        case .tcp: "answers"
        default: response.map { "verified, HTTP/\($0.httpVersion)" } ?? "verified"
        }
    }

    /// That this machine's clock and the vault's disagree, where the answer shows it.
    var clockFinding: DoctorReport.Finding? {
        guard case .success(let response) = result,
            let date = response.value(of: "Date").flatMap({ Date(httpDate: $0) })
        else { return nil }
        let difference = at.timeIntervalSince(date)
        guard abs(difference) > Self.toleratedDifference else { return nil }
        let direction = difference > 0 ? "ahead of" : "behind"
        return DoctorReport.Finding(
            server,
            .warning,
            "this machine's clock is \(abs(difference).inWords) \(direction) the vault's",
            hint: "set the clock: validity, tokens and the history go by it"
        )
    }

    /// Microsoft's authority signs tokens that are good from 5 minutes before.
    private static let toleratedDifference: TimeInterval = 300
}

extension Doctor {
    /// Asks each vault for its state of health, which takes no token.
    ///
    /// Microsoft, "Diagnose private links configuration issues on Azure Key Vault": the vaults answer
    /// `/healthstatus` to everyone who reaches them, past every firewall of theirs.
    func probeVaults() async -> [VaultProbe] {
        var seen: Set<String> = []
        let addresses = certificates.map { ($0.url.host, $0.url.port ?? 443) }
            .filter { seen.insert("\($0):\($1)").inserted }
        return await withTaskGroup(of: (Int, VaultProbe).self) { group in
            for (index, (host, port)) in addresses.enumerated() {
                group.addTask { [http] in
                    let request = HTTPRequest(
                        .get,
                        "https://\(host):\(port)/healthstatus",
                        limits: Self.limits
                    )
                    let result: Result<HTTPResponse, HTTPError>
                    do throws(HTTPError) {
                        result = .success(try await http.send(request))
                    } catch {
                        result = .failure(error)
                    }
                    let probe = VaultProbe(host: host, port: port, result: result, at: Date())
                    return (index, probe)
                }
            }
            var probes: [(Int, VaultProbe)] = []
            for await probe in group { probes.append(probe) }
            return probes.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private static let limits = HTTPLimits(
        connect: .seconds(10),
        total: .seconds(20),
        stall: .seconds(10),
        bodyBytes: 64 << 10,
        headerBytes: 32 << 10
    )
}

extension HTTPError {
    /// The step that it stopped at; nil when the server answered, however badly.
    fileprivate var step: DoctorReport.Step? {
        switch kind {
        case .unresolvable: .dns
        case .unreachable, .timedOut, .badURL, .cancelled, .other: .tcp
        case .tls: .tls
        case .stalled, .tooLarge, .malformed: nil
        }
    }

    fileprivate var mend: String? {
        switch kind {
        case .unresolvable:
            "check the vault's name, this machine's resolver, and the private DNS zone of a private endpoint"
        case .unreachable, .timedOut:
            "let this machine out to the vault: firewall, route, proxy (https_proxy, no_proxy), private endpoint"
        case .tls:
            "check this machine's clock and its trusted authorities (ca-certificates, cloud.caBundle); a proxy that reads TLS has its own"
        default: nil
        }
    }
}
