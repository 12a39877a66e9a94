import Testing

@testable import WarrenTesting

@Suite("A scripted broker that serves")
struct ScriptedServingTests {
    private typealias Frame = ScriptedBroker.Frame

    @Test("grants what a client asks for, in order")
    func grants() {
        var autopilot = Autopilot()
        let questions: [(Frame, [ScriptedBroker.Method])] = [
            (.method(.channelOpen, channel: 1) { $0.shortString("") }, [.channelOpenOk]),
            (.method(.confirmSelect, channel: 1) { $0.bits(false) }, [.confirmSelectOk]),
            (declareQueue("q", noWait: false), [.queueDeclareOk]),
            (declareQueue("q", noWait: true), []),
            (consume("tag"), [.basicConsumeOk]),
            (.method(.basicQos, channel: 1), [.basicQosOk]),
            (.method(.channelClose, channel: 1), [.channelCloseOk]),
            (.method(.connectionClose), [.connectionCloseOk]),
            (.heartbeat, []),
        ]
        for (question, answers) in questions {
            #expect(autopilot.answers(to: question).compactMap(\.method) == answers, "\(question)")
        }
    }

    @Test("a queue and a consumer without a name get one, others keep theirs")
    func names() throws {
        var autopilot = Autopilot()
        var named = try #require(autopilot.answers(to: declareQueue("mine", noWait: false)).first).arguments
        #expect(try named.shortString() == "mine")
        var unnamed = try #require(autopilot.answers(to: declareQueue("", noWait: false)).first).arguments
        #expect(try unnamed.shortString() == "amq.gen-1")
        var consumer = try #require(autopilot.answers(to: consume("")).first).arguments
        #expect(try consumer.shortString() == "amq.ctag-2")
    }

    @Test("acks each complete message of a channel in confirm mode, and none of another")
    func confirms() {
        var autopilot = Autopilot()
        _ = autopilot.answers(to: .method(.confirmSelect, channel: 1) { $0.bits(false) })
        let first = publish("one", channel: 1) + publish("", channel: 1)
        let acks = first.flatMap { autopilot.answers(to: $0) }
        #expect(acks == [ack(1), ack(2)])
        #expect(publish("two", channel: 2).flatMap { autopilot.answers(to: $0) }.isEmpty)
    }

    @Test("a script may deal with a frame itself")
    func handler() async throws {
        try await ScriptedBroker.serving { connection in
            try await connection.serve { frame in
                guard frame.method == .queueDeclare else { return false }
                connection.sendChannelClose(channel: frame.channel, 406, "PRECONDITION_FAILED", about: .queueDeclare)
                return true
            }
        } while: { broker in
            let client = try TestSocket(port: broker.port)
            client.send(Login.header + declareQueue("q", noWait: false).bytes)
            let close = try await client.frame()
            #expect(close.method == .channelClose)
            var arguments = close.arguments
            #expect(try arguments.short() == 406)
            #expect(try arguments.shortString() == "PRECONDITION_FAILED")
            #expect(try (arguments.short(), arguments.short()) == (50, 10))
        }
    }

    @Test("a published message is put together, and can be returned as it came")
    func publishes() async throws {
        try await withConnection { client, connection in
            let frames = publish("body", channel: 4)
            client.send(Login.header + frames.flatMap(\.bytes))
            let message = try await connection.nextPublish()
            #expect(message.channel == 4)
            #expect((message.exchange, message.routingKey, message.isMandatory) == ("ex", "key", true))
            #expect(message.body == Array("body".utf8))
            #expect(message.pieces == [3, 1])
            #expect(message.properties.messageID == "m")
            #expect(connection.publishes == [message])

            connection.sendReturn(message)
            var returned = try await client.frame().arguments
            #expect(try returned.short() == 312)
            #expect(try returned.shortString() == "NO_ROUTE")
            #expect(try (returned.shortString(), returned.shortString()) == ("ex", "key"))
            #expect(try await client.frame() == frames[1])
            #expect(try await client.frame() == .body(channel: 4, Array("body".utf8)))
        }
    }

    @Test("a delivery and the events of a broker reach the client as their frames")
    func events() async throws {
        try await withConnection { client, connection in
            var delivery = ScriptedBroker.Delivery(channel: 2, consumerTag: "c", tag: 9, body: [1, 2, 3])
            delivery.frameMax = 10
            connection.sendDelivery(delivery)
            connection.sendBlocked("memory")
            connection.sendUnblocked()
            connection.sendAck(channel: 2, tag: 1, multiple: true)
            connection.sendNack(channel: 2, tag: 2)
            connection.sendCancel(channel: 2, consumerTag: "c")
            connection.sendFlow(channel: 2, isActive: false)
            connection.sendConnectionClose(320, "CONNECTION_FORCED")
            var methods: [ScriptedBroker.Method] = []
            var body: [UInt8] = []
            while methods.last != .connectionClose {
                let frame = try await client.frame()
                if let method = frame.method { methods.append(method) }
                if frame.kind == .body { body += frame.payload }
            }
            #expect(body == [1, 2, 3])
            #expect(
                methods == [
                    .basicDeliver, .connectionBlocked, .connectionUnblocked, .basicAck, .basicNack, .basicCancel,
                    .channelFlow, .connectionClose,
                ]
            )
        }
    }

    private func declareQueue(_ name: String, noWait: Bool) -> Frame {
        .method(.queueDeclare, channel: 1) { arguments in
            arguments.short(0)
            arguments.shortString(name)
            arguments.bits(false, true, false, false, noWait)
            arguments.table([:])
        }
    }

    private func consume(_ tag: String) -> Frame {
        .method(.basicConsume, channel: 1) { arguments in
            arguments.short(0)
            arguments.shortString("q")
            arguments.shortString(tag)
            arguments.bits(false, false, false, false)
            arguments.table([:])
        }
    }

    /// A mandatory message, in frames of at most three bytes of body.
    private func publish(_ body: String, channel: UInt16) -> [Frame] {
        let method = Frame.method(.basicPublish, channel: channel) { arguments in
            arguments.short(0)
            arguments.shortString("ex")
            arguments.shortString("key")
            arguments.bits(true, false)
        }
        var properties = ScriptedBroker.Properties()
        properties.messageID = "m"
        return [method]
            + Frame.content(channel: channel, properties: properties, body: Array(body.utf8), frameMax: 11)
    }

    private func ack(_ tag: UInt64) -> Frame {
        .method(.basicAck, channel: 1) { arguments in
            arguments.longLong(tag)
            arguments.bits(false)
        }
    }
}
