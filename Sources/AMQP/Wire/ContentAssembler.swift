/// Puts one channel's messages together: method, header, body frames (AMQP 0-9-1, section 4.2.6).
struct ContentAssembler: ~Copyable {
    /// A message with the method that brought it.
    struct Content {
        let method: ContentMethod
        let message: AMQPMessage
        /// Why there is no message: it can be neither read nor kept, but what follows it can.
        var failure: WireError?
    }

    private enum State {
        case idle
        case awaitingHeader(ContentMethod)
        case awaitingBody(ContentMethod, AMQPProperties, body: [UInt8], missing: Int)
        /// Lets the body of a message pass by.
        case skipping(ContentMethod, WireError, missing: UInt64)
    }

    /// The announced size is not trusted with more memory than this before bytes have come.
    private static let trustedReservation = 1 << 20

    private let maximumSize: Int
    private var state = State.idle

    init(maximumSize: Int) {
        self.maximumSize = maximumSize
    }

    /// Whether the channel is between messages, so that a method may come.
    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    mutating func begin(_ method: ContentMethod) throws(WireError) {
        guard case .idle = state else {
            throw WireError("a method in the middle of a message")
        }
        state = .awaitingHeader(method)
    }

    /// - Returns: the message, when it has no body.
    mutating func header(_ header: ContentHeader) throws(WireError) -> Content? {
        guard case .awaitingHeader(let method) = state else {
            throw WireError("a content header that belongs to no message")
        }
        guard header.bodySize <= UInt64(maximumSize) else {
            throw WireError("a message of \(header.bodySize) bytes; this client accepts at most \(maximumSize)")
        }
        guard header.bodySize > 0 else {
            state = .idle
            return Content(method: method, message: AMQPMessage(body: [], properties: header.properties))
        }
        state = .awaitingBody(method, header.properties, body: [], missing: Int(header.bodySize))
        return nil
    }

    /// Instead of `header`, for a message that can be neither read nor kept.
    ///
    /// - Returns: the failure, when there is no body to wait for.
    mutating func skip(_ bodySize: UInt64, because reason: WireError) throws(WireError) -> Content? {
        guard case .awaitingHeader(let method) = state else {
            throw WireError("a content header that belongs to no message")
        }
        return skip(method, reason, missing: bodySize)
    }

    private mutating func skip(_ method: ContentMethod, _ reason: WireError, missing: UInt64) -> Content? {
        guard missing == 0 else {
            state = .skipping(method, reason, missing: missing)
            return nil
        }
        state = .idle
        return Content(method: method, message: AMQPMessage(body: []), failure: reason)
    }

    /// - Returns: the message, when this was the last of its body.
    mutating func body(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Content? {
        if case .skipping(let method, let reason, let missing) = state {
            guard bytes.count <= missing else { throw WireError("a body longer than its header says") }
            return skip(method, reason, missing: missing - UInt64(bytes.count))
        }
        guard case .awaitingBody(let method, let properties, var body, let missing) = state else {
            throw WireError("a body frame that belongs to no message")
        }
        guard bytes.count <= missing else {
            throw WireError("a body longer than its header says")
        }
        // Releases the state's reference, so that the body grows in place.
        state = .idle
        if bytes.count == missing && body.isEmpty {
            return Content(method: method, message: AMQPMessage(body: unsafe Array(bytes), properties: properties))
        }
        if body.isEmpty { body.reserveCapacity(min(missing, Self.trustedReservation)) }
        unsafe body.append(contentsOf: bytes)
        guard bytes.count < missing else {
            return Content(method: method, message: AMQPMessage(body: body, properties: properties))
        }
        state = .awaitingBody(method, properties, body: body, missing: missing - bytes.count)
        return nil
    }
}
