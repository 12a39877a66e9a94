import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    /// Something a peer sends that no broker would, on a connection with a publisher on channel 1.
    struct Breach: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]

        init(_ name: String, _ frames: Frame...) {
            testDescription = name
            bytes = frames.flatMap(\.bytes)
        }

        init(_ name: String, bytes: [UInt8]) {
            testDescription = name
            self.bytes = bytes
        }
    }

    @Suite("A peer that breaks the protocol")
    struct ProtocolBreach {
        @Test("is left with a clear error, and the client goes on with the next connection", arguments: breaches)
        func breach(_ breach: Breach) async throws {
            let attack = serving { frame, connection in
                guard frame.kind == .body else { return false }
                connection.send(bytes: breach.bytes)
                return true
            }
            try await withScript(first(attack), .persistent) { client, broker in
                let log = EventLog(client)
                let error = await failure { try await client.publishAnything() }
                #expect(error?.code == .unknown)
                let lost = try await log.first(.disconnected)
                #expect(lost.error?.code == .protocolViolation)
                #expect(lost.error?.message.contains("127.0.0.1:\(broker.port) broke the AMQP protocol") == true)
                #expect((lost.error?.message.utf8.count ?? 0) < 1000)
                try await broker.connections[0].ended()
                try await client.publishAnything()
            }
        }

        static let breaches = [
            Breach("bytes that are no frame", bytes: Array("garbage, garbage, garbage".utf8)),
            Breach("an unknown frame type", Frame(type: 99, channel: 1, payload: [1, 2, 3])),
            Breach("a frame above frame-max", bytes: [3, 0, 1, 0, 2, 0, 0]),
            Breach("a frame of 4 GiB", bytes: [3, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF]),
            Breach("a frame without its end", bytes: Frame.heartbeat.bytes.dropLast() + [0]),
            Breach("an empty method", Frame(type: 1, channel: 1, payload: [])),
            Breach("an unknown class", .method(.init(77, 10), channel: 1)),
            Breach("an unknown method", .method(.init(60, 77), channel: 1)),
            Breach("a method that only clients send", .method(.basicPublish, channel: 1)),
            Breach("a method cut short", Frame(type: 1, channel: 1, payload: [0, 60, 0, 80, 0, 0])),
            Breach("a string longer than its frame", Frame(type: 1, channel: 1, payload: [0, 60, 0, 60, 200, 65])),
            Breach("a method of a channel on channel 0", .method(.channelOpenOk) { $0.longString("") }),
            Breach("a method of a connection on channel 1", .method(.connectionUnblocked, channel: 1)),
            Breach("a second handshake", Opening.greeting),
            Breach("an answer that nobody asked for", .method(.basicQosOk, channel: 1)),
            Breach("a channel opened twice", .method(.channelOpenOk, channel: 1) { $0.longString("") }),
            Breach("a method on a channel that was never opened", .method(.basicQosOk, channel: 9)),
            Breach("a method on the last channel there is", .method(.basicQosOk, channel: 65_535)),
            Breach("a confirm of what was never sent", confirm(2, multiple: false)),
            Breach("a confirm of everything that will ever be", confirm(.max, multiple: true)),
            Breach("a confirm of number zero", confirm(0, multiple: false)),
            Breach("a delivery on a channel that was never opened", bytes: delivery(channel: 9)),
            Breach("a large message begun on a channel that was never opened", bytes: beginning(channel: 9)),
            Breach("a delivery on a channel that does not consume", bytes: delivery(channel: 1)),
            Breach("a message on channel 0", bytes: delivery(channel: 0)),
            Breach("a content header that belongs to nothing", .header(channel: 1, bodySize: 3)),
            Breach("a body that belongs to nothing", .body(channel: 1, [1, 2, 3])),
            Breach("a method in the middle of a message", deliver, confirm(1, multiple: false)),
            Breach("a body before its header", deliver, .body(channel: 1, [1])),
            Breach("two headers", deliver, .header(channel: 1, bodySize: 3), .header(channel: 1, bodySize: 3)),
            Breach(
                "a body longer than announced",
                deliver,
                .header(channel: 1, bodySize: 3),
                .body(channel: 1, [1, 2, 3, 4])
            ),
            Breach("a header cut short", deliver, Frame(type: 2, channel: 1, payload: [0, 60, 0, 0])),
            Breach(
                "a header of another class",
                deliver,
                Frame(type: 2, channel: 1, payload: [0, 61, 0, 0] + [UInt8](repeating: 0, count: 10))
            ),
            Breach("properties beyond the frame", deliver, header(flags: 0x8000, [250, 65])),
            Breach("a table longer than its frame", deliver, header(flags: 0x2000, [0, 0, 100, 0, 1, 65])),
            Breach("a table of a type that does not exist", deliver, header(flags: 0x2000, table([1, 65, 0x7A]))),
            Breach("a table nested 10,000 times", deliver, header(flags: 0x2000, nestedTables(10_000))),
            Breach("an array nested 10,000 times", deliver, header(flags: 0x2000, nestedArrays(10_000))),
        ]

        static let deliver = Frame.method(.basicDeliver, channel: 1) { arguments in
            arguments.shortString("tag")
            arguments.longLong(1)
            arguments.bits(false)
            arguments.shortString("")
            arguments.shortString("key")
        }

        private static func delivery(channel: UInt16) -> [UInt8] {
            ScriptedBroker.Delivery(channel: channel, consumerTag: "tag", tag: 1, body: [1]).frames.flatMap(\.bytes)
        }

        /// All but the body, which is a while in coming.
        private static func beginning(channel: UInt16) -> [UInt8] {
            let body = [UInt8](repeating: 1, count: 100)
            let delivery = ScriptedBroker.Delivery(channel: channel, consumerTag: "tag", tag: 1, body: body)
            return delivery.frames.prefix(2).flatMap(\.bytes)
        }

        private static func confirm(_ tag: UInt64, multiple: Bool) -> Frame {
            .method(.basicAck, channel: 1) { arguments in
                arguments.longLong(tag)
                arguments.bits(multiple)
            }
        }

        static func header(flags: UInt16, _ properties: [UInt8]) -> Frame {
            var writer = ScriptedBroker.Writer()
            writer.short(60)
            writer.short(0)
            writer.longLong(0)
            writer.short(flags)
            writer.raw(properties)
            return Frame(type: 2, channel: 1, payload: writer.bytes)
        }

        static func table(_ entries: [UInt8]) -> [UInt8] {
            var writer = ScriptedBroker.Writer()
            writer.longString(entries)
            return writer.bytes
        }

        /// From the outside in, because each size counts all that is inside.
        static func nestedTables(_ depth: Int) -> [UInt8] {
            var writer = ScriptedBroker.Writer()
            for level in (0..<depth).reversed() {
                writer.long(UInt32(7 * level))
                if level > 0 { writer.raw([1, 65, UInt8(ascii: "F")]) }
            }
            return writer.bytes
        }

        static func nestedArrays(_ depth: Int) -> [UInt8] {
            var writer = ScriptedBroker.Writer()
            for level in (0..<depth).reversed() {
                writer.long(UInt32(5 * level))
                if level > 0 { writer.raw([UInt8(ascii: "A")]) }
            }
            return table([1, 65, UInt8(ascii: "A")] + writer.bytes)
        }
    }
}
