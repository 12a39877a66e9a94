import Testing

@testable import AMQP

extension InboundDecoder {
    mutating func decode(_ type: UInt8, _ channel: UInt16, _ payload: WireBytes) throws(WireError) -> InboundEvent? {
        try unsafe payload.bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in
                unsafe try decode(Frame(type: type, channel: channel, payload: bytes))
            }
        }.get()
    }
}

@Suite("The inbound decoder")
struct InboundDecoderTests {
    private static let deliver = ServerMethodTests.content[0].0
    private static let getOK = ServerMethodTests.content[1].0
    private static let giveBack = ServerMethodTests.content[2].0

    private static func summary(_ event: InboundEvent?) -> String {
        switch event {
        case .method(let channel, let method): "\(channel) \(method)"
        case .confirmed(let channel, let tag, let multiple, let acked):
            "\(channel) \(acked ? "ack" : "nack") \(tag)\(multiple ? " and all before" : "")"
        case .delivered(let channel, let contents): "\(channel) delivered \(contents.incoming.message.body)"
        case .got(let channel, let message): "\(channel) got \(message.message.body), \(message.remaining) left"
        case .returned(let channel, let message): "\(channel) returned \(message.message.body), \(message.reply)"
        case .undecodable(let channel, _, let reason): "\(channel) cannot be read: \(reason.message)"
        case nil: "nothing"
        }
    }

    @Test("makes one event of a message's method, header and body")
    func messages() throws {
        var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
        for (method, last) in [
            (Self.deliver, "7 delivered [1, 2]"), (Self.getOK, "7 got [1, 2], 256 left"),
            (Self.giveBack, "7 returned [1, 2], 312 NO_ROUTE"),
        ] {
            #expect(try Self.summary(decoder.decode(1, 7, method)) == "nothing")
            #expect(try Self.summary(decoder.decode(2, 7, .header(bodySize: 2))) == "nothing")
            #expect(try Self.summary(decoder.decode(3, 7, [1])) == "nothing")
            #expect(try Self.summary(decoder.decode(3, 7, [2])) == last)
        }
    }

    @Test("keeps the messages of channels apart")
    func channels() throws {
        var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
        let channels: [UInt16] = [1, 300, .max]
        for channel in channels { _ = try decoder.decode(1, channel, Self.deliver) }
        for channel in channels { _ = try decoder.decode(2, channel, .header(bodySize: 2)) }
        for channel in channels { _ = try decoder.decode(3, channel, [UInt8(truncatingIfNeeded: channel)]) }
        #expect(try Self.summary(decoder.decode(3, 300, [9])) == "300 delivered [44, 9]")
        #expect(try Self.summary(decoder.decode(3, .max, [8])) == "65535 delivered [255, 8]")
        #expect(try Self.summary(decoder.decode(3, 1, [7])) == "1 delivered [1, 7]")
    }

    @Test("forgets a message that its channel's end has cut short", arguments: [40, 41] as [UInt16])
    func channelEnds(methodID: UInt16) throws {
        var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
        let end: WireBytes = methodID == 40 ? .method(20, 40, ServerMethodTests.reply) : .method(20, 41)
        _ = try decoder.decode(1, 3, Self.deliver)
        _ = try decoder.decode(2, 3, .header(bodySize: 2))
        #expect(try Self.summary(decoder.decode(1, 3, end)).hasPrefix("3 channelClose"))
        _ = try decoder.decode(1, 3, Self.deliver)
        #expect(try Self.summary(decoder.decode(2, 3, .header(bodySize: 0))) == "3 delivered []")
        _ = try decoder.decode(1, 9, end)
    }

    @Test("hands on methods, and passes over heartbeats")
    func methods() throws {
        var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
        #expect(try Self.summary(decoder.decode(1, 0, .method(10, 61))) == "0 connectionUnblocked")
        #expect(try Self.summary(decoder.decode(8, 0, [])) == "nothing")
    }

    @Test("refuses messages on channel 0")
    func channelZero() {
        var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
        let error = WireError("a message on channel 0")
        #expect(throws: error) { try decoder.decode(1, 0, Self.deliver) }
        #expect(throws: error) { try decoder.decode(2, 0, .header(bodySize: 0)) }
        #expect(throws: error) { try decoder.decode(3, 0, [1]) }
    }

    @Test("refuses the first frame of a message on a channel that is not in use, and asks once for one that is")
    func notInUse() throws {
        let asked = Shared<[UInt16]>([])
        var decoder = InboundDecoder(maximumMessageSize: 100) { channel in
            asked.change { $0.append(channel) }
            return channel == 3
        }
        for channel in [4, .max] as [UInt16] {
            let error = WireError("a message on channel \(channel), which is not open")
            #expect(throws: error) { try decoder.decode(1, channel, Self.deliver) }
            #expect(throws: error) { try decoder.decode(2, channel, .header(bodySize: 2)) }
        }
        asked.change { $0 = [] }
        for _ in 0..<2 {
            _ = try decoder.decode(1, 3, Self.deliver)
            #expect(try Self.summary(decoder.decode(2, 3, .header(bodySize: 0))) == "3 delivered []")
        }
        #expect(asked.value == [3])
    }

    @Test("refuses another method in the middle of a message")
    func interrupted() throws {
        for method in [ServerMethodTests.channel[5].0, .method(60, 11), Self.getOK] {
            var decoder = InboundDecoder(maximumMessageSize: 100) { _ in true }
            _ = try decoder.decode(1, 3, Self.deliver)
            #expect(throws: WireError("a method in the middle of a message")) { try decoder.decode(1, 3, method) }
            // Another channel has nothing to do with it.
            var other = InboundDecoder(maximumMessageSize: 100) { _ in true }
            _ = try other.decode(1, 3, Self.deliver)
            _ = try other.decode(1, 4, method)
        }
    }
}
