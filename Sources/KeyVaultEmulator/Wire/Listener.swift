import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import Locking
import Logging
import NIOCore

/// One listening port on loopback and the service behind it.
final class Listener: Sendable {
    /// Answers one request.
    typealias Service = @Sendable (Exchange) async -> Response

    private let connections: Connections
    private let run: Task<Void, any Error>
    let port: Int

    /// What a listener is to be.
    struct Plan: Sendable {
        /// 0 lets the kernel choose.
        let port: Int
        /// Nil for plain HTTP.
        var tls: TLSConfiguration?
        /// Counts its connections and what goes over them; nil leaves them uncounted.
        var log: RequestLog?
        let service: Service
    }

    /// Opens all of them or none.
    static func open(_ plans: [Plan]) async throws -> [Listener] {
        var listeners: [Listener] = []
        do {
            for plan in plans { listeners.append(try await Listener(plan)) }
        } catch {
            for listener in listeners { await listener.stop() }
            throw error
        }
        return listeners
    }

    /// Listens; throws when the port is taken.
    private init(_ plan: Plan) async throws {
        let connections = Connections(log: plan.log)
        let builder = HTTPServerBuilder { responder in
            guard let tls = plan.tls else {
                return WatchedChannel(
                    base: HTTP1Channel(responder: responder),
                    connections: connections
                )
            }
            return WatchedChannel(
                base: try HTTP2UpgradeChannel(
                    tlsConfiguration: tls,
                    configuration: .init(
                        streamConfiguration: .init(
                            additionalChannelHandlers: [EndOfStream.Installer()]
                        )
                    ),
                    responder: responder
                ),
                connections: connections
            )
        }
        let (bound, announcement) = AsyncStream.makeStream(of: Int.self)
        let application = Application(
            responder: CallbackResponder { request, context in
                await plan.service(try await Exchange(reading: request, context: context))
            },
            server: builder,
            configuration: .init(address: .hostname("127.0.0.1", port: plan.port)),
            onServerRunning: { channel in
                announcement.yield(channel.localAddress?.port ?? 0)
                announcement.finish()
            },
            logger: Logger(label: "kvagent-emulator") { _ in SwiftLogNoOpLogHandler() }
        )
        let run = Task {
            defer { announcement.finish() }
            try await application.run()
        }
        guard let port = await bound.first(where: { _ in true }) else {
            do {
                try await run.value
            } catch {
                throw EmulatorError("listen on 127.0.0.1:\(plan.port)", cause: error)
            }
            throw EmulatorError("listen on 127.0.0.1:\(plan.port): the server ended")
        }
        self.connections = connections
        self.run = run
        self.port = port
    }

    /// Ends it at once, open connections as well: their clients may keep them for minutes.
    func stop() async {
        // Before the server ends: a stream that comes on a connection whose handler was cancelled is
        // dropped unfinished, which NIO takes for a mistake that ends the process.
        await connections.closeAll()
        run.cancel()
        // How the server ended does not matter any more.
        _ = try? await run.value
    }
}

/// A request's context with the channel it came on.
struct ExchangeContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// `2` where the channel is a stream within a connection.
    let httpVersion: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        httpVersion = source.channel.parent?.parent == nil ? "1.1" : "2"
    }
}

extension Exchange {
    /// Reads a whole request; Key Vault takes 25 KiB, an imported certificate may be larger.
    fileprivate init(reading request: Request, context: ExchangeContext) async throws {
        var fields: [String: String] = [:]
        for field in request.headers { fields[field.name.canonicalName] = field.value }
        var query: [String: String] = [:]
        for (name, value) in request.uri.queryParameters { query[String(name)] = String(value) }
        let body = try await request.body.collect(upTo: 1 << 20)
        self.init(
            method: request.method.rawValue,
            authority: (request.head.authority ?? "").lowercased(),
            path: request.uri.path,
            query: query,
            fields: fields,
            body: Array(body.readableBytesView),
            httpVersion: context.httpVersion
        )
    }
}

/// The connections that are open, so that they can be counted and closed.
private final class Connections: Sendable {
    private struct State {
        var open: [ObjectIdentifier: any Channel] = [:]
        var isClosing = false
    }

    private let state = Locked(State())
    private let log: RequestLog?

    init(log: RequestLog?) {
        self.log = log
    }

    /// Takes a connection before anything else has been put into its pipeline.
    func add(_ channel: any Channel) throws {
        if let log {
            log.noteConnection()
            try channel.pipeline.syncOperations.addHandler(TrafficCounter(log: log))
        }
        let id = ObjectIdentifier(channel)
        let isClosing = state.withLock { state in
            state.open[id] = channel
            return state.isClosing
        }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.open.removeValue(forKey: id) }
        }
        if isClosing { channel.close(promise: nil) }
    }

    /// Returns when all are closed; those that still come are closed at once.
    func closeAll() async {
        let channels = state.withLock { state in
            state.isClosing = true
            return Array(state.open.values)
        }
        for channel in channels { channel.close(promise: nil) }
        // How each of them ended does not matter any more.
        for channel in channels { _ = try? await channel.closeFuture.get() }
    }
}

/// A server's way to set up connections, with each connection noted.
private struct WatchedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let connections: Connections

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        do {
            try connections.add(channel)
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
