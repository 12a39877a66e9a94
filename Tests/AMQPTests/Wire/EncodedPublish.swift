@testable import AMQP

/// The head of a publish, out of the encoder's stack.
struct EncodedPublish {
    let head: [UInt8]
    let layout: PublishHeadLayout

    init(_ message: AMQPMessage, to target: PublishTarget) throws(AMQPError) {
        (head, layout) = try unsafe PublishEncoder.withHead(target, message) { head, layout in
            unsafe (Array(head), layout)
        }
    }

    /// The payload of the method frame.
    var method: WireBytes { WireBytes(Array(head[7..<(layout.headerFrame - 1)])) }

    /// The payload of the content header's frame.
    var header: WireBytes { WireBytes(Array(head[(layout.headerFrame + 7)..<(layout.size - 1)])) }
}
