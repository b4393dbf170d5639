import HTTP

/// What the authority answers without a token.
///
/// Microsoft, "Microsoft Entra authentication and authorization error codes": the number after
/// `AADSTS` is what to go by, and the trace id is what Microsoft's support asks for.
struct AuthorityRefusal: Decodable {
    private let error: String?
    private let description: String?
    private let codes: [Int]?
    private let traceID: String?

    private enum CodingKeys: String, CodingKey {
        case error
        case description = "error_description"
        case codes = "error_codes"
        case traceID = "trace_id"
    }

    /// For people: the code of OAuth, what the authority says, and the trace id once.
    var text: String? {
        // What follows in the description are trace id, correlation id and time, each in a line.
        let said = description?.split(whereSeparator: \.isNewline).first.map(String.init)
        let parts = [error, said].compactMap { $0?.oneLine(limit: 300) }
        guard !parts.isEmpty else { return nil }
        let trace = traceID.map { "; trace id \($0.oneLine(limit: 60))" } ?? ""
        return parts.joined(separator: ": ") + trace
    }

    /// What to do about it, where its number says.
    func mend(for application: Application, _ proof: ApplicationProof) -> String? {
        let client = application.clientID
        switch codes?.first {
        case 90_002, 900_023:
            return "check authenticationSettings.tenantId, and that cloud is the tenant's"
        case 700_016:
            return "register application \(client) with tenant \(application.tenantID), or check "
                + "clientId and tenantId"
        case 7_000_229:
            return "make the application's service principal: az ad sp create --id \(client)"
        case 7_000_215:
            return "write the value of a client secret into \(proof.place): not the secret's id"
        case 7_000_222:
            return "the client secret has expired: make a new one, and write its value into "
                + proof.place
        case 70_021, 700_211, 700_212, 700_213:
            return "give application \(client) a federated credential with issuer, subject and "
                + "audience of the token in \(proof.place)"
        case 700_024:
            let file =
                if case .tokenFile(let file) = proof {
                    "; and whether \(file) is still replaced"
                } else {
                    ""
                }
            return "see whether the clock is right: timedatectl\(file)"
        case 700_027:
            return "register the certificate of \(proof.place) with application \(client); where "
                + "it is registered by its name, set sendCertificateChain: true"
        case 7_000_112:
            return "application \(client) is disabled in its tenant"
        case 53_003, 530_035:
            return "a Conditional Access policy of the tenant keeps application \(client) out"
        case 500_011:
            return "the tenant knows nothing of the vaults of this cloud: check cloud"
        default:
            return nil
        }
    }
}

extension ApplicationProof {
    /// Where it is found, for messages.
    var place: String {
        switch self {
        case .secretVariable(let name): name
        case .secretFile(let file), .tokenFile(let file), .certificateFile(let file, _):
            file
        }
    }
}
