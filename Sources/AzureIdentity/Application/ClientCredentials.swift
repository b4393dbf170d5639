import Foundation
import HTTP
import Sensitive

/// Asks the authority for tokens of an application (OAuth 2.0, RFC 6749 section 4.4).
///
/// Microsoft: "Microsoft identity platform and the OAuth 2.0 client credentials flow".
struct ClientCredentials: Sendable {
    let http: HTTPClient
    let application: Application
    let proof: ApplicationProof
    let surroundings: IdentitySurroundings
    let now: @Sendable () -> Date

    /// One try for a new token; the proof is read anew, so that a replaced one counts at once.
    func token(for audience: String) async throws(TokenFailure) -> AccessToken {
        let authority: AuthorityHost
        do throws(AuthorityHostError) {
            authority = try AuthorityHost(setting: surroundings.authorityHost)
        } catch {
            throw failure(.refused, audience, "the authority \(error)")
        }
        guard Application.isTenant(application.tenantID) else {
            throw failure(.refused, audience, "the tenant is no id and no domain")
        }
        let evidence: ApplicationEvidence
        do throws(CredentialProblem) {
            evidence = try proof.evidence(in: surroundings)
        } catch {
            let cause = "\(error.operation): \(error.cause)"
            throw failure(.refused, audience, cause, hint: error.hint)
        }
        let asked = now()
        let url = authority.tokenURL(tenant: application.tenantID)
        let body: SensitiveBytes
        do throws(ClientCertificate.Problem) {
            body = try form(for: audience, evidence, to: url, at: asked)
        } catch {
            throw failure(.refused, audience, "sign for \(url): \(error.cause)", hint: error.hint)
        }
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await http.send(Self.request(url, body))
        } catch {
            throw failure(.unreachable, audience, error.detail, isRetried: error.isTransient)
        }
        guard response.status == 200 else { throw refusal(response, audience, from: authority) }
        // Nothing of what the decoder says is passed on: it may quote the answer.
        guard let token = try? response.json(as: TokenAnswer.self).token(now: asked) else {
            throw failure(.malformed, audience, "\(authority.name) answers with no usable token")
        }
        return token
    }

    /// What is sent, in memory that is wiped.
    private func form(
        for audience: String,
        _ evidence: ApplicationEvidence,
        to url: String,
        at moment: Date
    ) throws(ClientCertificate.Problem) -> SensitiveBytes {
        let form = [
            ("client_id", application.clientID), ("grant_type", "client_credentials"),
            ("scope", "\(audience)/.default"),
        ]
        let assertion: SensitiveBytes
        switch evidence {
        case .secret(let secret):
            return secret.percentEncoded.prefixed(by: "\(form.percentEncoded)&client_secret=")
        case .assertion(let token):
            assertion = token
        case .certificate(let certificate, let sendsChain):
            assertion = try ClientAssertion(application: application, audience: url, now: moment)
                .signed(by: certificate, sendsChain: sendsChain)
        }
        let kind = [("client_assertion_type", Self.assertionType)]
        return assertion.percentEncoded.prefixed(
            by: (form + kind).percentEncoded + "&client_assertion="
        )
    }

    private static func request(_ url: String, _ body: SensitiveBytes) -> HTTPRequest {
        HTTPRequest(
            .post,
            url,
            fields: [
                HTTPField("Content-Type", "application/x-www-form-urlencoded"),
                HTTPField("Accept", "application/json"),
            ],
            body: body,
            limits: limits
        )
    }

    /// RFC 7523, section 2.2.
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    /// A token has a few kilobytes, and a proxy on the way may take its time.
    private static let limits = HTTPLimits(
        connect: .seconds(10),
        total: .seconds(30),
        stall: .seconds(15),
        bodyBytes: 128 << 10,
        headerBytes: 32 << 10
    )
}

// MARK: - What went wrong

extension ClientCredentials {
    private func refusal(
        _ response: HTTPResponse,
        _ audience: String,
        from authority: AuthorityHost
    ) -> TokenFailure {
        // A body that isn't JSON, as gateways have it, has nothing to add to the status.
        let refusal = try? response.json(as: AuthorityRefusal.self)
        let kind: IdentityError.Kind =
            switch response.status {
            case 429: .throttled
            case 408, 500...599: .unreachable
            case 200...399: .malformed
            default: .refused
            }
        let said = refusal?.text.map { " (\($0))" } ?? ""
        return failure(
            kind,
            audience,
            "\(authority.name) answers \(describe(status: response.status))\(said)",
            status: response.status,
            isRetried: kind == .throttled || kind == .unreachable,
            retryAfter: response.retryAfter,
            hint: refusal?.mend(for: application, proof)
        )
    }

    private func failure(
        _ kind: IdentityError.Kind,
        _ audience: String,
        _ cause: String,
        status: Int? = nil,
        isRetried: Bool = false,
        retryAfter: Duration? = nil,
        hint: String? = nil
    ) -> TokenFailure {
        let who = "application \(application.clientID.oneLine(limit: 60))"
        let text = "get token for \(audience) as \(who): \(cause)"
        return TokenFailure(
            error: IdentityError(kind: kind, description: text, hint: hint),
            status: status,
            isRetried: isRetried,
            retryAfter: retryAfter
        )
    }
}
