import NIOCore
import NIOHTTP2

/// Lets the last bytes of an HTTP/2 answer end its stream, as Key Vault's server does.
///
/// Hummingbird ends a stream with an empty frame of its own. libcurl is done when it has as many
/// bytes as `Content-Length` says, resets the stream before it has seen that frame, and after 200
/// resets within 30 seconds SwiftNIO takes it for an attack (CVE-2023-44487) and closes the
/// connection.
final class EndOfStream: ChannelOutboundHandler {
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    /// The bytes that may turn out to be the last.
    private var held: (data: HTTP2Frame.FramePayload.Data, promise: EventLoopPromise<Void>?)?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .data(let frame) = unwrapOutboundIn(data) else {
            release(context)
            context.write(data, promise: promise)
            return
        }
        if frame.endStream, frame.data.readableBytes == 0, var last = held {
            held = nil
            last.data.endStream = true
            last.promise?.futureResult.cascade(to: promise)
            context.write(
                wrapOutboundOut(.data(last.data)),
                promise: last.promise ?? promise
            )
            return
        }
        release(context)
        if frame.endStream {
            context.write(data, promise: promise)
        } else {
            held = (frame, promise)
        }
    }

    /// What is flushed is sent, the last or not.
    func flush(context: ChannelHandlerContext) {
        release(context)
        context.flush()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        held?.promise?.fail(ChannelError.ioOnClosedChannel)
        held = nil
    }

    private func release(_ context: ChannelHandlerContext) {
        guard let frame = held else { return }
        held = nil
        context.write(wrapOutboundOut(.data(frame.data)), promise: frame.promise)
    }

    /// Puts an `EndOfStream` beneath the HTTP part of a stream's pipeline, where there are frames.
    ///
    /// The server offers a place above that part alone, and offers it on HTTP/1.1 as well.
    final class Installer: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any

        func handlerAdded(context: ChannelHandlerContext) {
            guard context.channel.parent?.parent != nil else { return }
            do {
                try context.pipeline.syncOperations.addHandler(EndOfStream(), position: .first)
            } catch {
                context.fireErrorCaught(error)
            }
        }
    }
}
