/// Turns frames into events: the part of the connection's input that needs no lock.
struct InboundDecoder: ~Copyable {
    private var methods = MethodDecoder()
    private var properties = PropertiesDecoder()
    /// By channel number; made when a channel's first message begins.
    private var assemblers: [SlotMap<ContentAssembler>.Box?] = []
    private let maximumMessageSize: Int
    private let isInUse: (UInt16) -> Bool

    /// `isInUse` says whether a message may come on a channel; asked once, when the channel's first one begins.
    init(maximumMessageSize: Int, isInUse: @escaping (UInt16) -> Bool) {
        self.maximumMessageSize = maximumMessageSize
        self.isInUse = isInUse
    }

    /// - Returns: an event, when the frame completes one; heartbeats and parts of messages do not.
    mutating func decode(_ frame: Frame) throws(WireError) -> InboundEvent? {
        switch frame.type {
        case FrameFormat.method:
            let method = unsafe try methods.decode(frame.payload)
            if case .content(let content) = method {
                try assembler(frame.channel).value.begin(content)
                return nil
            }
            if case .channelCloseOK = method { forget(frame.channel) }
            if case .channelClose = method { forget(frame.channel) }
            guard isIdle(frame.channel) else { throw WireError("a method in the middle of a message") }
            switch method {
            case .basicAck(let tag, let multiple):
                return .confirmed(frame.channel, tag: tag, multiple: multiple, acked: true)
            case .basicNack(let tag, let multiple):
                return .confirmed(frame.channel, tag: tag, multiple: multiple, acked: false)
            default: return .method(frame.channel, method)
            }
        case FrameFormat.contentHeader:
            return try header(frame).map { Self.event(frame.channel, $0) }
        case FrameFormat.body:
            return unsafe try assembler(frame.channel).value.body(frame.payload).map { Self.event(frame.channel, $0) }
        default:
            return nil
        }
    }

    /// A message that cannot be read, or is too large, costs itself and not the connection.
    private mutating func header(_ frame: Frame) throws(WireError) -> ContentAssembler.Content? {
        let assembler = try assembler(frame.channel)
        let bodySize = unsafe try PropertiesDecoder.bodySize(of: frame.payload)
        guard bodySize <= UInt64(maximumMessageSize) else {
            let reason = WireError("a message of \(bodySize) bytes; this client accepts at most \(maximumMessageSize)")
            return try assembler.value.skip(bodySize, because: reason)
        }
        let header: ContentHeader
        do throws(WireError) {
            header = unsafe try properties.decode(frame.payload)
        } catch {
            return try assembler.value.skip(bodySize, because: error)
        }
        return try assembler.value.header(header)
    }

    private static func event(_ channel: UInt16, _ content: ContentAssembler.Content) -> InboundEvent {
        if let failure = content.failure { return .undecodable(channel, content.method, failure) }
        return switch content.method {
        case .deliver(let envelope):
            .delivered(channel, DeliveryContents(IncomingMessage(envelope: envelope, message: content.message)))
        case .getOK(let envelope, let remaining):
            .got(channel, IncomingMessage(envelope: envelope, message: content.message, remaining: remaining))
        case .return(let reply, let exchange, let routingKey):
            .returned(
                channel,
                AMQPReturn(reply: reply, exchange: exchange, routingKey: routingKey, message: content.message)
            )
        }
    }

    private mutating func assembler(_ channel: UInt16) throws(WireError) -> SlotMap<ContentAssembler>.Box {
        guard channel > 0 else { throw WireError("a message on channel 0") }
        let index = Int(channel)
        if index < assemblers.count, let assembler = assemblers[index] { return assembler }
        // Before anything of it is kept: a peer could begin a large one on each of 65,535 channels.
        guard isInUse(channel) else { throw WireError("a message on channel \(channel), which is not open") }
        if index >= assemblers.count {
            assemblers.append(contentsOf: repeatElement(nil, count: index + 1 - assemblers.count))
        }
        let assembler = SlotMap<ContentAssembler>.Box(ContentAssembler())
        assemblers[index] = assembler
        return assembler
    }

    private func isIdle(_ channel: UInt16) -> Bool {
        guard Int(channel) < assemblers.count else { return true }
        return assemblers[Int(channel)]?.value.isIdle ?? true
    }

    private mutating func forget(_ channel: UInt16) {
        guard Int(channel) < assemblers.count else { return }
        assemblers[Int(channel)] = nil
    }
}
