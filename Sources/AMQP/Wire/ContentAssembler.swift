import WarrenRuntime

/// Puts one channel's messages together: method, header, body frames (AMQP 0-9-1, section 4.2.6).
struct ContentAssembler: ~Copyable {
    /// A message with the method that brought it.
    struct Content {
        let method: ContentMethod
        let message: AMQPMessage
        /// Why there is no message: it can be neither read nor kept, but what follows it can.
        var failure: WireError?
    }

    private enum Step {
        case idle
        case awaitingHeader
        case awaitingBody
        /// Lets the body of a message pass by.
        case skipping
    }

    /// The announced size is not trusted with more memory than this before bytes have come.
    private static let trustedReservation = 1 << 20

    private var step = Step.idle
    // Beside the step and not in it: what is not copied from step to step costs nothing.
    private var method: ContentMethod?
    private var properties: Boxed<AMQPProperties>?
    private var body: [UInt8] = []
    private var missing: UInt64 = 0
    private var failure: WireError?

    init() {}

    /// Whether the channel is between messages, so that a method may come.
    var isIdle: Bool { step == .idle }

    mutating func begin(_ method: ContentMethod) throws(WireError) {
        guard step == .idle else { throw WireError("a method in the middle of a message") }
        self.method = method
        step = .awaitingHeader
    }

    /// - Returns: the message, when it has no body.
    mutating func header(_ header: ContentHeader) throws(WireError) -> Content? {
        guard step == .awaitingHeader else { throw WireError("a content header that belongs to no message") }
        properties = header.properties
        missing = header.bodySize
        step = .awaitingBody
        return finishIfWhole()
    }

    /// Instead of `header`, for a message that can be neither read nor kept.
    ///
    /// - Returns: the failure, when there is no body to wait for.
    mutating func skip(_ bodySize: UInt64, because reason: WireError) throws(WireError) -> Content? {
        guard step == .awaitingHeader else { throw WireError("a content header that belongs to no message") }
        failure = reason
        missing = bodySize
        step = .skipping
        return finishIfWhole()
    }

    /// - Returns: the message, when this was the last of its body.
    mutating func body(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Content? {
        guard step == .awaitingBody || step == .skipping else {
            throw WireError("a body frame that belongs to no message")
        }
        guard bytes.count <= missing else { throw WireError("a body longer than its header says") }
        if step == .awaitingBody {
            if body.isEmpty && bytes.count == missing {
                body = unsafe Array(bytes)
            } else {
                if body.isEmpty { body.reserveCapacity(min(Int(clamping: missing), Self.trustedReservation)) }
                unsafe body.append(contentsOf: bytes)
            }
        }
        missing -= UInt64(bytes.count)
        return finishIfWhole()
    }

    private mutating func finishIfWhole() -> Content? {
        guard missing == 0, let method = method.take() else { return nil }
        step = .idle
        let message = AMQPMessage(body: exchange(&body, with: []), boxed: properties.take() ?? Self.noProperties)
        return Content(method: method, message: message, failure: failure.take())
    }

    /// Those of a message that was let pass by.
    private static let noProperties = Boxed(AMQPProperties())
}
