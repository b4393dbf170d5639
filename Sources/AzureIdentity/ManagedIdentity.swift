import Foundation
import HTTP
import Sensitive

/// Asks the metadata service of the machine for tokens.
///
/// Microsoft: "How to use managed identities for Azure resources on an Azure VM to acquire an
/// access token".
struct ManagedIdentity: Sendable {
    let http: HTTPClient
    let endpoint: IdentityEndpoint
    let selector: IdentitySelector
    let now: @Sendable () -> Date

    /// A new token; waits and asks again as the policy says.
    ///
    /// Cancelling ends that at once.
    func token(
        for audience: String,
        retrying policy: IdentityRetryPolicy
    ) async throws(IdentityError) -> AccessToken {
        var failures = 0
        while true {
            let failure: Failure
            do throws(Failure) {
                return try await ask(for: audience)
            } catch {
                failure = error
            }
            failures += 1
            guard failure.isRetried,
                let delay = policy.delay(after: failure.status, failures: failures)
            else { throw failure.error }
            do {
                try await Task.sleep(for: delay)
            } catch {
                // Cancelled: the failure that we waited on is the better answer.
                throw failure.error
            }
        }
    }

    /// One try that came to nothing.
    private struct Failure: Error {
        let error: IdentityError
        let status: Int?
        let isRetried: Bool
    }

    private func ask(for audience: String) async throws(Failure) -> AccessToken {
        let asked = now()
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try await http.send(request(for: audience))
        } catch {
            throw failure(.unreachable, audience, error.detail, isRetried: error.isTransient)
        }
        guard response.status == 200 else { throw refusal(response, audience) }
        // Nothing of what the decoder says is passed on: it may quote the answer.
        guard let token = try? response.json(as: TokenAnswer.self).token(now: asked) else {
            throw failure(.malformed, audience, "the answer holds no usable token")
        }
        return token
    }

    private func request(for audience: String) -> HTTPRequest {
        let selection: (String, String)? =
            switch selector {
            case .system: nil
            case .clientID(let id): ("client_id", id)
            case .objectID(let id): ("object_id", id)
            case .resourceID(let id): ("msi_res_id", id)
            }
        let query =
            [("api-version", "2018-02-01"), ("resource", audience)] + (selection.map { [$0] } ?? [])
        let text = query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
        return HTTPRequest(
            .get,
            "\(endpoint.baseURL)/oauth2/token?\(text)",
            // What a server-side request forgery can't send, and IMDS therefore asks for.
            fields: [HTTPField("Metadata", "true"), HTTPField("Accept", "application/json")],
            limits: .identity,
            usesProxy: false
        )
    }

    private static func escaped(_ value: String) -> String {
        value.utf8.reduce(into: "") { text, byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }

    private func refusal(_ response: HTTPResponse, _ audience: String) -> Failure {
        // A body that isn't JSON has nothing to add to the status.
        let text = (try? response.json(as: TokenRefusal.self))?.text
        let cause = describe(status: response.status) + (text.map { " (\($0))" } ?? "")
        let kind: IdentityError.Kind =
            switch response.status {
            case 429: .throttled
            case 404, 410, 500...599: .unreachable
            case 200...399: .malformed
            default: .refused
            }
        return failure(
            kind,
            audience,
            cause,
            status: response.status,
            isRetried: kind == .throttled || kind == .unreachable,
            hint: hint(for: response)
        )
    }

    private func hint(for response: HTTPResponse) -> String? {
        switch (response.status, selector) {
        case (400, .system):
            "give this machine a managed identity, or name one of its own with "
                + "authenticationSettings.msiClientId"
        case (400, _):
            "the identity of authenticationSettings.msiClientId has to be assigned to this machine"
        case (401, _) where response.value(of: "WWW-Authenticate")?.hasPrefix("Basic ") == true:
            "this is the endpoint of Azure Arc, whose challenge is not spoken"
        default:
            nil
        }
    }

    private func failure(
        _ kind: IdentityError.Kind,
        _ audience: String,
        _ cause: String,
        status: Int? = nil,
        isRetried: Bool = false,
        hint: String? = nil
    ) -> Failure {
        let text = "get token for \(audience) from \(endpoint.name): \(cause)"
        let error = IdentityError(kind: kind, description: text, hint: hint)
        return Failure(error: error, status: status, isRetried: isRetried)
    }
}
