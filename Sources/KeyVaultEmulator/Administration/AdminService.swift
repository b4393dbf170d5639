import FoundationEssentials
import Hummingbird
import Sensitive

/// The administration over HTTP, for the command line and for tests in other languages.
///
/// It listens on loopback and takes only requests that name a loopback host, so that a web page
/// cannot reach it through a name that resolves to it.
struct AdminService: Sendable {
    let cloud: EmulatedCloud
    /// Nil until all the ports are bound.
    let endpoints: @Sendable () -> EmulatorEndpoints?
    let shutDown: @Sendable () -> Void

    private var administration: Administration { Administration(cloud: cloud) }

    func respond(to exchange: Exchange) async -> Response {
        guard ["127.0.0.1", "localhost", "[::1]"].contains(exchange.host) else {
            return refusal("host \(exchange.host) is not loopback", status: 403).response()
        }
        do {
            return try await answer(exchange).response()
        } catch let error as DecodingError {
            return refusal("read the request's body: \(error)", status: 400).response()
        } catch {
            return refusal("\(error)", status: 400).response()
        }
    }

    private func answer(_ exchange: Exchange) async throws -> Reply {
        let path = exchange.segments
        if path.count >= 4, path[0] == "vaults" {
            return try await answer(
                exchange,
                vault: path[1],
                path[2],
                name: path[3],
                path.count > 4 ? path[4] : nil
            )
        }
        if path.count == 3, path[0] == "vaults", path[2] == "access" {
            switch exchange.method {
            case "GET": return try json(await administration.access(to: path[1]))
            case "PUT": try await administration.setAccess(body(exchange), to: path[1])
            default: return notFound(exchange)
            }
            return .noContent
        }
        switch (exchange.method, path) {
        case ("GET", ["endpoints"]): return try json(endpoints())
        case ("GET", ["statistics"]): return try json(cloud.log.statistics)
        case ("DELETE", ["statistics"]): cloud.log.reset()
        case ("GET", ["faults"]): return try json(cloud.faults.all)
        case ("POST", ["faults"]): cloud.faults.add(try body(exchange))
        case ("DELETE", ["faults"]): cloud.faults.clear()
        case ("GET", ["behaviour"]): return try json(cloud.behaviour)
        case ("PUT", ["behaviour"]): cloud.behaviour = try body(exchange)
        case ("POST", ["tokens", "revoke"]): cloud.tokens.revokeAll()
        case ("POST", ["shutdown"]): shutDown()
        case ("GET", ["vaults"]): return try json(await cloud.store.names)
        default: return notFound(exchange)
        }
        return .noContent
    }

    /// What concerns one secret or certificate.
    private func answer(
        _ exchange: Exchange,
        vault: String,
        _ collection: String,
        name: String,
        _ verb: String?
    ) async throws -> Reply {
        switch (exchange.method, collection, verb) {
        case ("PUT", "certificates", nil):
            return try made(
                await administration.createCertificate(vault: vault, name: name, body(exchange))
            )
        case ("POST", "certificates", "rotate"):
            let request: AdminRequests.Rotate = try body(exchange)
            return try made(
                await administration.rotate(vault: vault, name: name, fault: request.fault)
            )
        case ("POST", "certificates", "import"):
            let request: AdminRequests.Import = try body(exchange)
            return try made(
                await administration.importCertificate(
                    vault: vault,
                    name: name,
                    value: SensitiveBytes(copying: Array(request.value.utf8)),
                    password: request.password,
                    contentType: request.contentType
                )
            )
        case ("PUT", "secrets", nil):
            let request: AdminRequests.PutSecret = try body(exchange)
            return try made(
                await administration.putSecret(
                    vault: vault,
                    name: name,
                    value: SensitiveBytes(copying: Array(request.value.utf8)),
                    contentType: request.contentType
                )
            )
        case ("GET", "objects", nil):
            return try json(await administration.describe(vault: vault, name: name))
        case ("POST", "objects", "enable"), ("POST", "objects", "disable"):
            let selection: AdminRequests.Selection = try body(exchange)
            try await administration.setEnabled(
                verb == "enable",
                vault: vault,
                name: name,
                version: selection.version
            )
        case ("DELETE", "objects", nil):
            try await administration.delete(vault: vault, name: name)
        case ("POST", "objects", "recover"):
            try await administration.recover(vault: vault, name: name)
        default: return notFound(exchange)
        }
        return .noContent
    }

    private func made(_ version: String) throws -> Reply {
        try json(AdminRequests.Made(version: version))
    }

    /// An empty body stands for an empty object.
    private func body<Value: Decodable>(_ exchange: Exchange) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let text = exchange.body.isEmpty ? Array("{}".utf8) : exchange.body
        return try decoder.decode(Value.self, from: Data(text))
    }

    private func json(_ value: some Encodable) throws -> Reply {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Reply(
            status: 200,
            body: String(decoding: try encoder.encode(value), as: UTF8.self)
        )
    }

    private func refusal(_ error: String, status: Int) -> Reply {
        .json(.object(["error": .string(error)]), status: status)
    }

    private func notFound(_ exchange: Exchange) -> Reply {
        refusal("\(exchange.method) \(exchange.path): no such operation", status: 404)
    }
}
