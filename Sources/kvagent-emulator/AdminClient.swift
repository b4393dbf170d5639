import FoundationEssentials
import HTTP
import KeyVaultEmulator
import Sensitive

/// The administration of a running emulator, as the commands use it.
struct AdminClient {
    private let base: String
    private let http = HTTPClient()

    init(_ options: StateOptions) throws {
        base = try options.endpoints().adminURL
    }

    /// Sends a request and returns the answer's body; a refusal is thrown with its reason.
    @discardableResult
    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: (any Encodable)? = nil
    ) async throws -> Data {
        var content: SensitiveBytes?
        if let body {
            let encoder = JSONEncoder()
            encoder.dateEncodingStrategy = .iso8601
            content = SensitiveBytes(copying: try encoder.encode(body))
        }
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest(
                    method,
                    base + path,
                    fields: [HTTPField("Content-Type", "application/json")],
                    body: content,
                    usesProxy: false
                )
            )
        } catch {
            throw CommandError("reach the emulator at \(base): \(error)")
        }
        let data = response.body.withBytes { span in Data(span.indices.map { span[$0] }) }
        guard (200..<300).contains(response.status) else {
            // A refusal that is no JSON still has its status to tell.
            let refusal = try? JSONDecoder().decode(AdminRequests.Refusal.self, from: data)
            throw CommandError(refusal?.error ?? "\(path): status \(response.status)")
        }
        return data
    }

    /// As `send`, with the answer decoded.
    func send<Answer: Decodable>(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: (any Encodable)? = nil,
        as type: Answer.Type
    ) async throws -> Answer {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return try decoder.decode(type, from: try await send(method, path, body))
    }
}
