extension ScriptedBroker {
    /// A message as a client published it.
    public struct Publish: Sendable, Hashable {
        /// The channel it came on.
        public let channel: UInt16
        /// The exchange; empty is the default exchange.
        public let exchange: String
        /// The routing key.
        public let routingKey: String
        /// Whether it is to be returned when no queue takes it.
        public let isMandatory: Bool
        /// Its properties.
        public let properties: Properties
        /// Its body, put together.
        public let body: [UInt8]
        /// How many bytes each body frame carried.
        public let pieces: [Int]
    }
}

/// Puts published messages together from their frames, channel by channel.
struct ContentAssembler: Sendable {
    private struct Partial {
        let exchange: String
        let routingKey: String
        let isMandatory: Bool
        var size: UInt64 = 0
        var properties = ScriptedBroker.Properties()
        var body: [UInt8] = []
        var pieces: [Int] = []
    }

    private var partials: [UInt16: Partial] = [:]

    /// Takes a frame in; gives the message it completes.
    mutating func feed(_ frame: ScriptedBroker.Frame) -> ScriptedBroker.Publish? {
        switch frame.kind {
        case .method(.basicPublish):
            partials[frame.channel] = try? begin(frame)
            return nil
        case .header:
            guard var partial = partials[frame.channel], (try? readHeader(frame, into: &partial)) != nil else {
                return nil
            }
            partials[frame.channel] = partial
        case .body:
            partials[frame.channel]?.body += frame.payload
            partials[frame.channel]?.pieces.append(frame.payload.count)
        default:
            return nil
        }
        guard let partial = partials[frame.channel], UInt64(partial.body.count) >= partial.size else { return nil }
        partials[frame.channel] = nil
        return ScriptedBroker.Publish(
            channel: frame.channel,
            exchange: partial.exchange,
            routingKey: partial.routingKey,
            isMandatory: partial.isMandatory,
            properties: partial.properties,
            body: partial.body,
            pieces: partial.pieces
        )
    }

    private func begin(_ frame: ScriptedBroker.Frame) throws(WarrenTestingError) -> Partial {
        var arguments = frame.arguments
        _ = try arguments.short()
        return Partial(
            exchange: try arguments.shortString(),
            routingKey: try arguments.shortString(),
            isMandatory: try arguments.bits()[0]
        )
    }

    private func readHeader(_ frame: ScriptedBroker.Frame, into partial: inout Partial) throws(WarrenTestingError) {
        var reader = frame.arguments
        _ = try reader.long()
        partial.size = try reader.longLong()
        partial.properties = try ScriptedBroker.Properties(from: &reader)
    }
}
