import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A consumer without acks that is slower than the broker")
    struct OverfullConsumers {
        @Test("What it does not take stays with the broker: memory is bounded, and everything comes, in order")
        func bounded() async throws {
            let (count, size) = (scaled(30_000, full: 100_000), 4 << 10)
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { other in
                    let queue = try await other.declare()
                    for number in 0..<count {
                        let message = AMQPMessage(body: Self.body(number, size), properties: .transient)
                        _ = try await other.send(message, to: "", routingKey: queue)
                    }
                    try await other.waitForConfirms()
                    let before = residentMemory()
                    try await AMQPClient.withClient(url: url) { client in
                        try await client.withConsumer(
                            .queue(queue),
                            prefetch: 100,
                            acknowledgement: .automatic
                        ) { deliveries in
                            var iterator = deliveries.makeAsyncIterator()
                            for number in 0..<count {
                                let delivery = try #require(try await iterator.next())
                                guard delivery.body == Self.body(number, size) else {
                                    Issue.record("another message came instead of \(number)")
                                    return
                                }
                                guard number % 10_000 == 0 else { continue }
                                // The reader stands still until the broker cannot get rid of any more.
                                let left = try await other.steadyCount(queue)
                                #expect(number > 0 || left > count / 2)
                                #if !THREAD_SANITIZER  // It keeps much more than there is.
                                // All of them would be 120 MB.
                                #expect(residentMemory() - before < 96 << 20, "after \(number)")
                                #endif
                            }
                        }
                    }
                    #expect(try await other.count(queue) == 0)
                }
            }
        }

        private static func body(_ number: Int, _ size: Int) -> [UInt8] {
            let digits = Array("\(number)".utf8)
            return digits + [UInt8](repeating: 0, count: size - digits.count)
        }
    }
}

extension AMQPClient {
    /// How many messages are left in a queue when nobody takes any more.
    fileprivate func steadyCount(_ queue: String) async throws -> Int {
        var (last, times) = (-1, 0)
        try await eventually("nothing more is taken") {
            let now = try await count(queue)
            times = now == last ? times + 1 : 0
            last = now
            return times == 10
        }
        return last
    }
}

extension AMQPProperties {
    fileprivate static var transient: AMQPProperties { AMQPProperties(deliveryMode: .transient) }
}
