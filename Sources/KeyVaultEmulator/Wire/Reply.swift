import HTTPTypes
import Hummingbird

/// One answer, before it goes onto the wire.
struct Reply: Sendable, Equatable {
    var status: Int
    /// Beside those that every answer of its service has.
    var fields: [Field] = []
    var contentType = "application/json; charset=utf-8"
    var body: String

    /// One header field.
    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    static func json(_ value: JSON, status: Int = 200, fields: [Field] = []) -> Reply {
        Reply(status: status, fields: fields, body: value.text)
    }

    static func html(_ text: String, status: Int) -> Reply {
        Reply(status: status, contentType: "text/html", body: text)
    }

    static let noContent = Reply(status: 204, body: "")

    /// The answer in the server's own terms.
    ///
    /// With `isCutOff`, the length of the whole body is announced and half of it sent, after which
    /// the connection or the stream ends.
    func response(isCutOff: Bool = false) -> Response {
        var headers = HTTPFields()
        for field in fields {
            guard let name = HTTPField.Name(field.name) else { continue }
            headers[name] = field.value
        }
        if status != 204 { headers[.contentType] = contentType }
        guard isCutOff else {
            return Response(
                status: .init(code: status),
                headers: headers,
                body: .init(byteBuffer: ByteBuffer(string: body))
            )
        }
        let half = ByteBuffer(bytes: Array(body.utf8).prefix(body.utf8.count / 2))
        headers[.contentLength] = String(body.utf8.count)
        return Response(
            status: .init(code: status),
            headers: headers,
            body: .init { writer in
                try await writer.write(half)
                throw CutOff()
            }
        )
    }

    /// What ends a connection in the middle of a body.
    private struct CutOff: Error {}
}
