extension ScriptedBroker {
    /// One frame of AMQP 0-9-1, or the protocol header that a client begins with.
    public struct Frame: Sendable, Hashable, CustomStringConvertible {
        /// What a frame is (AMQP 0-9-1 section 4.2.3).
        public enum Kind: Sendable, Hashable {
            /// The eight bytes a client begins with.
            case protocolHeader
            /// A method.
            case method(Method)
            /// The header of a content: class, size and properties.
            case header
            /// A piece of a content.
            case body
            /// A sign of life.
            case heartbeat
            /// A type that the protocol does not know.
            case other(UInt8)
        }

        /// What it is.
        public let kind: Kind
        /// Its channel; 0 is the connection.
        public let channel: UInt16
        /// What stands between the frame's header and its end, for a method with class and number.
        public let payload: [UInt8]

        /// Makes a frame of any type; one of type 1 is a method when its payload begins with class and number.
        public init(type: UInt8, channel: UInt16, payload: [UInt8]) {
            self.channel = channel
            self.payload = payload
            switch type {
            case 1 where payload.count >= 4:
                let numbers = payload.prefix(4).map(UInt16.init)
                kind = .method(Method(numbers[0] << 8 | numbers[1], numbers[2] << 8 | numbers[3]))
            case 2: kind = .header
            case 3: kind = .body
            case 8: kind = .heartbeat
            default: kind = .other(type)
            }
        }

        /// The protocol header as a client sent it.
        init(protocolHeader: [UInt8]) {
            kind = .protocolHeader
            channel = 0
            payload = protocolHeader
        }

        /// Its method, when it is one.
        public var method: Method? {
            guard case .method(let method) = kind else { return nil }
            return method
        }

        /// A reader of a method's arguments, after class and number; of the whole payload for any other frame.
        public var arguments: Reader { Reader(Array(payload.dropFirst(method == nil ? 0 : 4))) }

        /// The frame as it goes over the wire.
        public var bytes: [UInt8] {
            let type: UInt8
            switch kind {
            case .protocolHeader: return payload
            case .method: type = 1
            case .header: type = 2
            case .body: type = 3
            case .heartbeat: type = 8
            case .other(let number): type = number
            }
            var writer = Writer()
            writer.octet(type)
            writer.short(channel)
            writer.longString(payload)
            writer.octet(Self.end)
            return writer.bytes
        }

        /// For example `basic.publish on channel 1`.
        public var description: String {
            switch kind {
            case .method(let method): "\(method) on channel \(channel)"
            default: "\(kind) on channel \(channel), \(payload.count) bytes"
            }
        }

        /// The octet every frame ends with.
        static let end: UInt8 = 0xCE
    }
}

extension ScriptedBroker.Frame {
    /// A method with its arguments.
    public static func method(
        _ method: ScriptedBroker.Method,
        channel: UInt16 = 0,
        _ arguments: (inout ScriptedBroker.Writer) -> Void = { _ in }
    ) -> Self {
        var writer = ScriptedBroker.Writer()
        writer.short(method.classID)
        writer.short(method.methodID)
        arguments(&writer)
        return Self(type: 1, channel: channel, payload: writer.bytes)
    }

    /// The header of a content of class `basic`.
    public static func header(
        channel: UInt16,
        bodySize: Int,
        properties: ScriptedBroker.Properties = ScriptedBroker.Properties()
    ) -> Self {
        var writer = ScriptedBroker.Writer()
        writer.short(60)
        writer.short(0)
        writer.longLong(UInt64(bodySize))
        properties.write(to: &writer)
        return Self(type: 2, channel: channel, payload: writer.bytes)
    }

    /// A piece of a content.
    public static func body(channel: UInt16, _ bytes: [UInt8]) -> Self {
        Self(type: 3, channel: channel, payload: bytes)
    }

    /// A sign of life.
    public static let heartbeat = Self(type: 8, channel: 0, payload: [])

    /// A content as its frames: the header, and pieces of at most `frameMax` less the eight bytes round each.
    public static func content(
        channel: UInt16,
        properties: ScriptedBroker.Properties,
        body: [UInt8],
        frameMax: Int = 131_072
    ) -> [Self] {
        let size = max(1, frameMax - 8)
        let pieces = stride(from: 0, to: body.count, by: size).map { start in
            Self.body(channel: channel, Array(body[start..<min(start + size, body.count)]))
        }
        return [header(channel: channel, bodySize: body.count, properties: properties)] + pieces
    }
}
