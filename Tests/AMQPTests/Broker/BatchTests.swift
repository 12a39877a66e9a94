import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A batch of publishes")
    struct Batches {
        private static func messages(_ range: Range<Int>) -> [AMQPMessage] {
            range.map {
                AMQPMessage("\($0)", properties: AMQPProperties(messageID: $0.isMultiple(of: 3) ? "\($0)" : nil))
            }
        }

        @Test("Each is acked, in order, also where the window has room for a part only", arguments: [1, 7, 1000, 5000])
        func order(count: Int) async throws {
            try await withClient { client in
                let queue = try await client.declare()
                let outcomes = try await client.publish(contentsOf: Self.messages(0..<count), to: "", routingKey: queue)
                #expect(outcomes == Array(repeating: .acked(routed: true), count: count))
                try await client.withConsumer(.queue(queue)) { deliveries in
                    var next = 0
                    for try await delivery in deliveries {
                        #expect(delivery.body == Array("\(next)".utf8))
                        try delivery.ack()
                        next += 1
                        if next == count { break }
                    }
                }
                #expect(try await client.publish(contentsOf: [], to: "", routingKey: queue) == [])
            }
        }

        @Test("Many batches at once keep to their own outcomes")
        func many() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await inParallel(20) { task in
                    let isRoutable = task.isMultiple(of: 2)
                    let key = isRoutable ? queue : "nowhere"
                    let outcomes = try await client.publish(contentsOf: Self.messages(0..<300), to: "", routingKey: key)
                    for (number, outcome) in outcomes.enumerated() {
                        switch outcome {
                        case .acked(let routed): #expect(isRoutable && routed)
                        case .returned(let returned):
                            #expect(!isRoutable && returned.message.body == Array("\(number)".utf8))
                        default: Issue.record("message \(number) has another outcome: \(outcome)")
                        }
                    }
                    #expect(outcomes.count == 300)
                }
                #expect(try await client.count(queue) == 10 * 300)
            }
        }

        @Test("Those that a full queue refuses are refused, and the queue has the others")
        func refused() async throws {
            try await withClient { client in
                let queue = try await client.declare(
                    arguments: AMQPQueueArguments(maxLength: 50, overflow: .rejectPublish)
                )
                let outcomes = try await client.publish(contentsOf: Self.messages(0..<2000), to: "", routingKey: queue)
                let acked = outcomes.count { $0 == .acked(routed: true) }
                #expect(outcomes.count { $0 == .refused } == 2000 - acked && acked < 2000)
                #expect(try await client.count(queue) == acked)
            }
        }

        @Test("One that cannot be sent is named, and none of the batch is sent")
        func invalid() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                var messages = Self.messages(0..<10)
                messages[3].properties.type = String(repeating: "x", count: 256)
                let error = await failure {
                    try await client.publish(contentsOf: messages, to: "", routingKey: queue)
                }
                #expect(error?.code == .invalidArgument)
                #expect(error?.message == "message 3 of the batch: type has 256 bytes; AMQP allows at most 255")
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("One too large for a frame stops the batch, and those before it are on their way all the same")
        func tooLarge() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                var messages = Self.messages(0..<10)
                messages[5].properties.headers = ["x": .string(String(repeating: "x", count: 1 << 20))]
                let clock = ContinuousClock()
                let start = clock.now
                let outcomes = try await client.publish(contentsOf: messages, to: "", routingKey: queue)
                // Nothing but the publish itself wakes the thread before half the heartbeat timeout is over.
                #expect(clock.now - start < AMQPClientConfiguration().heartbeat / 4)
                #expect(outcomes.prefix(5) == ArraySlice(repeating: .acked(routed: true), count: 5))
                for outcome in outcomes.suffix(5) {
                    guard case .unknown(let error) = outcome else {
                        Issue.record("another outcome: \(outcome)")
                        continue
                    }
                    #expect(error.code == .invalidArgument && error.message.hasPrefix("it was not sent: "))
                }
                #expect(try await client.count(queue) == 5)
            }
        }

        @Test("A channel without confirms takes one too")
        func unconfirmed() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.publish(contentsOf: Self.messages(0..<3000), to: "", routingKey: queue)
                }
                // A queue answers before it has looked at all that was published.
                try await eventually("all are there") { try await client.count(queue) == 3000 }
                try await client.withChannel { channel in
                    for number in 0..<10 {
                        let message = try await channel.get(queue)?.message
                        #expect(message?.body == Array("\(number)".utf8))
                    }
                }
            }
        }
    }
}

extension ClientTests.HostileTests.MissingAnswers {
    @Test("A batch of which a part found no room: the outcome says of each whether it was sent")
    func batch() async throws {
        var configuration = AMQPClientConfiguration.impatient
        // A turn is given up before the places of those without answer are free again.
        configuration.operationTimeout = configuration.confirmTimeout / 2
        try await withScript(serving { frame, _ in frame.kind == .body }, configuration) { client, _ in
            try await client.withPublisher(window: 10) { publisher in
                let messages = (0..<25).map { AMQPMessage("\($0)") }
                let outcomes = try await publisher.publish(contentsOf: messages, to: "", routingKey: "q")
                #expect(outcomes.count == 25)
                for (number, outcome) in outcomes.enumerated() {
                    guard case .unknown(let error) = outcome else {
                        Issue.record("message \(number) has another outcome: \(outcome)")
                        continue
                    }
                    #expect(error.message.hasPrefix("it was not sent: ") == (number >= 10), "\(number): \(error)")
                }
                // Those whose time was over make way for others.
                let next = try await publisher.publish(contentsOf: messages, to: "", routingKey: "q")
                #expect(
                    next.count { outcome in
                        if case .unknown(let error) = outcome { error.code == .unknown } else { false }
                    } == 10
                )
            }
        }
    }

    @Test("A batch that nobody waits for any more: a cancelled task knows of none that it is safe")
    func cancelledBatch() async throws {
        try await withScript(serving { frame, _ in frame.kind == .body }, .persistent) { client, _ in
            let task = Task {
                try await client.publish(contentsOf: [AMQPMessage("a"), AMQPMessage("b")], to: "", routingKey: "q")
            }
            task.cancel()
            let result = await task.result
            switch result {
            case .success(let outcomes):
                #expect(outcomes.count == 2)
                for outcome in outcomes {
                    guard case .unknown(let error) = outcome else {
                        Issue.record("another outcome: \(outcome)")
                        continue
                    }
                    #expect(error.code == .cancelled)
                }
            case .failure(let error): #expect((error as? AMQPError)?.code == .cancelled)
            }
        }
    }
}
