import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Python's client and ours read each other")
    struct PikaInterop {
        private static let properties = AMQPProperties(
            contentType: "application/json",
            contentEncoding: "gzip",
            headers: ["key": "Füchse"],
            deliveryMode: .transient,
            priority: 9,
            correlationID: "correlation",
            replyTo: "reply",
            expiration: "60000",
            messageID: "message",
            timestamp: 1_700_000_000,
            type: "type",
            userID: "guest",
            appID: "app",
            clusterID: "cluster"
        )

        @Test("Every property that pika sends arrives here")
        func propertiesFromPython() async throws {
            let arrived = try await fromPython(
                """
                pika.BasicProperties(content_type='application/json', content_encoding='gzip',
                    headers={'key': 'Füchse'}, delivery_mode=1, priority=9, correlation_id='correlation',
                    reply_to='reply', expiration='60000', message_id='message', timestamp=1700000000, type='type',
                    user_id='guest', app_id='app', cluster_id='cluster')
                """
            )
            #expect(arrived.properties == Self.properties)
            #expect(arrived.body == [0, 255, 1])
            #expect(try await fromPython("pika.BasicProperties()").properties == AMQPProperties(deliveryMode: nil))
        }

        @Test("Every property that we send arrives in Python, and none that we do not send")
        func propertiesToPython() async throws {
            let program = """
                names = ['content_type', 'content_encoding', 'headers', 'delivery_mode', 'priority', 'correlation_id',
                    'reply_to', 'expiration', 'message_id', 'timestamp', 'type', 'user_id', 'app_id', 'cluster_id']
                for _ in range(2):
                    _, properties, body = get('queue')
                    print(list(body), [getattr(properties, name) for name in names])
                """
            let lines = try await toPython(
                [
                    AMQPMessage(body: [0, 255, 1], properties: Self.properties),
                    AMQPMessage(body: [], properties: AMQPProperties(deliveryMode: nil)),
                ],
                program
            )
            #expect(
                lines == [
                    "[0, 255, 1] ['application/json', 'gzip', {'key': 'Füchse'}, 1, 9, 'correlation', 'reply', '60000', "
                        + "'message', 1700000000, 'type', 'guest', 'app', 'cluster']",
                    "[] [" + Array(repeating: "None", count: 14).joined(separator: ", ") + "]",
                ]
            )
        }

        @Test("Every type of header that pika sends arrives here")
        func headersFromPython() async throws {
            let arrived = try await fromPython(
                """
                pika.BasicProperties(headers={'text': 'Füchse, 狐, 🦊', 'empty': '', 'bytes': b'\\x00\\xff', 'true': True,
                    'int': -7, 'long': 1 << 40, 'least': -(1 << 63), 'none': None, 'list': [1, 'two', [], {'three': None}],
                    'table': {'a': {}, 'b': [True]}, 'time': datetime.datetime.utcfromtimestamp(1700000000),
                    'decimal': decimal.Decimal('3.14')})
                """
            )
            let expected: AMQPTable = [
                "text": "Füchse, 狐, 🦊", "empty": "", "bytes": .bytes([0, 255]), "true": true, "int": -7,
                "long": .int64(1 << 40), "least": .int64(.min), "none": .void,
                "list": .array([1, "two", .array([]), .table(["three": .void])]),
                "table": .table(["a": .table([:]), "b": .array([true])]), "time": .timestamp(1_700_000_000),
                "decimal": .decimal(scale: 2, value: 314),
            ]
            let headers = arrived.properties.headers
            for (key, value) in expected.map({ ($0.key, $0.value) }) {
                // Python has one kind of integer and sends it as short as it likes.
                #expect(headers[key].map(Self.widened) == Self.widened(value), "\(key)")
            }
            #expect(headers.count == expected.count)
        }

        @Test("Every type of header that we send arrives in Python")
        func headersToPython() async throws {
            // pika reads floating point numbers as whole ones, and a signed byte as an unsigned one. It shows a 64-bit
            // integer in a list with an L.
            let headers: AMQPTable = [
                "array": .array([1, "two", .array([]), .table(["three": .void])]), "bool": true,
                "bytes": .bytes([0, 255]),
                "decimal": .decimal(scale: 2, value: 314), "double": .double(-2), "empty": "", "float": .float(1),
                "int16": .int16(-16), "int32": .int32(-32), "int64": .int64(1 << 40), "int8": .int8(8),
                "string": "Füchse, 狐, 🦊", "table": .table(["a": .table([:])]), "time": .timestamp(1_700_000_000),
                "uint16": .uint16(65_535), "uint32": .uint32(4_294_967_295), "uint64": .uint64(64), "uint8": .uint8(8),
                "void": .void,
            ]
            let program = """
                headers = get('queue')[1].headers
                for key in sorted(headers): print(key, headers[key])
                """
            let message = AMQPMessage("x", properties: AMQPProperties(headers: headers, messageID: "1"))
            let lines = try await toPython([message], program)
            #expect(
                lines == [
                    "array [1L, 'two', [], {'three': None}]", "bool True", "bytes b'\\x00\\xff'", "decimal 3.14",
                    "double -2", "empty ", "float 1", "int16 -16", "int32 -32", "int64 1099511627776", "int8 8",
                    "string Füchse, 狐, 🦊", "table {'a': {}}", "time 2023-11-14 22:13:20", "uint16 65535",
                    "uint32 4294967295", "uint64 64", "uint8 8", "void None",
                ]
            )
        }

        /// The same value with every integer as wide as can be.
        private static func widened(_ value: AMQPValue) -> AMQPValue {
            switch value {
            case .array(let values): .array(values.map(widened))
            case .table(let table):
                .table(AMQPTable(table.map { AMQPTable.Entry(key: $0.key, value: widened($0.value)) }))
            case .timestamp: value
            default: value.integer.map { .int64(Int64($0)) } ?? value
            }
        }

        /// What pika publishes with these properties.
        private func fromPython(_ properties: String) async throws -> AMQPMessage {
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    let program = "channel.basic_publish('', '\(queue)', b'\\x00\\xff\\x01', \(properties))"
                    try await Python.run(program, url: url)
                    return try await client.withConsumer(.queue(queue)) { try await $0.first().message }
                }
            }
        }

        /// What a program prints of messages in `queue`.
        private func toPython(_ messages: [AMQPMessage], _ program: String) async throws -> [String] {
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    for message in messages {
                        try await client.publish(message, to: "", routingKey: queue, mandatory: false)
                    }
                    return try await Python.run(program, url: url)
                }
            }
        }
    }
}
