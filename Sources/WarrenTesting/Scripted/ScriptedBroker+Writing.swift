extension ScriptedBroker.Connection {
    /// Sends frames, in one go.
    public func send(_ frames: ScriptedBroker.Frame...) { send(frames) }

    /// Sends frames, in one go.
    public func send(_ frames: [ScriptedBroker.Frame]) { send(bytes: frames.flatMap(\.bytes)) }

    /// Sends a method.
    public func send(
        _ method: ScriptedBroker.Method,
        channel: UInt16 = 0,
        _ arguments: (inout ScriptedBroker.Writer) -> Void = { _ in }
    ) {
        send(.method(method, channel: channel, arguments))
    }

    /// Sends the first half of a frame.
    public func sendHalf(of frame: ScriptedBroker.Frame) {
        send(bytes: Array(frame.bytes.prefix(frame.bytes.count / 2)))
    }

    // MARK: - The connection

    /// `connection.blocked`, with a reason.
    public func sendBlocked(_ reason: String = "low on memory") {
        send(.connectionBlocked) { $0.shortString(reason) }
    }

    /// `connection.unblocked`.
    public func sendUnblocked() { send(.connectionUnblocked) }

    /// `connection.close`, with a reply code and text, and the method it is about.
    public func sendConnectionClose(
        _ code: UInt16,
        _ text: String,
        about method: ScriptedBroker.Method = ScriptedBroker.Method(0, 0)
    ) {
        send(.connectionClose) { arguments in
            arguments.short(code)
            arguments.shortString(text)
            arguments.short(method.classID)
            arguments.short(method.methodID)
        }
    }

    // MARK: - A channel

    /// `channel.close`, with a reply code and text, and the method it is about.
    public func sendChannelClose(
        channel: UInt16,
        _ code: UInt16,
        _ text: String,
        about method: ScriptedBroker.Method = ScriptedBroker.Method(0, 0)
    ) {
        send(.channelClose, channel: channel) { arguments in
            arguments.short(code)
            arguments.shortString(text)
            arguments.short(method.classID)
            arguments.short(method.methodID)
        }
    }

    /// `channel.flow`: asks the client to stop or go on publishing.
    public func sendFlow(channel: UInt16, isActive: Bool) {
        send(.channelFlow, channel: channel) { $0.bits(isActive) }
    }

    /// `basic.ack`: confirms a message, or all up to it.
    public func sendAck(channel: UInt16, tag: UInt64, multiple: Bool = false) {
        send(.basicAck, channel: channel) { arguments in
            arguments.longLong(tag)
            arguments.bits(multiple)
        }
    }

    /// `basic.nack`: refuses a message, or all up to it.
    public func sendNack(channel: UInt16, tag: UInt64, multiple: Bool = false) {
        send(.basicNack, channel: channel) { arguments in
            arguments.longLong(tag)
            arguments.bits(multiple, false)
        }
    }

    /// `basic.return`: gives a message back, by default as one that no queue takes.
    public func sendReturn(_ publish: ScriptedBroker.Publish, code: UInt16 = 312, text: String = "NO_ROUTE") {
        let method = ScriptedBroker.Frame.method(.basicReturn, channel: publish.channel) { arguments in
            arguments.short(code)
            arguments.shortString(text)
            arguments.shortString(publish.exchange)
            arguments.shortString(publish.routingKey)
        }
        send(
            [method]
                + ScriptedBroker.Frame.content(
                    channel: publish.channel,
                    properties: publish.properties,
                    body: publish.body
                )
        )
    }

    /// `basic.cancel`: the queue is gone, the consumer gets nothing more.
    public func sendCancel(channel: UInt16, consumerTag: String, noWait: Bool = true) {
        send(.basicCancel, channel: channel) { arguments in
            arguments.shortString(consumerTag)
            arguments.bits(noWait)
        }
    }

    /// `basic.deliver`: a message for a consumer.
    public func sendDelivery(_ delivery: ScriptedBroker.Delivery) { send(delivery.frames) }
}

extension ScriptedBroker {
    /// A message that goes to a consumer.
    public struct Delivery: Sendable, Hashable {
        /// The consumer's channel.
        public var channel: UInt16
        /// The consumer's tag.
        public var consumerTag: String
        /// The delivery's number on the channel, from 1.
        public var tag: UInt64
        /// Whether it was delivered before.
        public var isRedelivered = false
        /// The exchange it came through.
        public var exchange = ""
        /// The key it came with.
        public var routingKey = ""
        /// Its properties.
        public var properties = Properties()
        /// Its body.
        public var body: [UInt8]
        /// The largest frame; the body is cut to fit.
        ///
        /// Default: 131,072 bytes.
        public var frameMax = 131_072

        /// Names what every delivery has; the rest is set on the value.
        public init(channel: UInt16, consumerTag: String, tag: UInt64, body: [UInt8]) {
            self.channel = channel
            self.consumerTag = consumerTag
            self.tag = tag
            self.body = body
        }

        /// The delivery as its frames: method, header, body.
        public var frames: [Frame] {
            let method = Frame.method(.basicDeliver, channel: channel) { arguments in
                arguments.shortString(consumerTag)
                arguments.longLong(tag)
                arguments.bits(isRedelivered)
                arguments.shortString(exchange)
                arguments.shortString(routingKey)
            }
            return [method] + Frame.content(channel: channel, properties: properties, body: body, frameMax: frameMax)
        }
    }
}
