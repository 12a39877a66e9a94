import AMQP
import Testing
import Warren
import WarrenTesting

@Suite("The topic exchange of a broker")
struct TopicPatternBrokerTests {
    @Test("routes every key to exactly the patterns that match it here")
    func agreement() async throws {
        var generator = PatternGenerator(seed: 0xB20_CE2)
        let patterns = TopicPatternTests.cases.map(\.pattern) + (0..<100).map { _ in generator.pattern() }
        let keys = TopicPatternTests.cases.map(\.key) + patterns.map { generator.key(near: $0) }
        let routed = try await Self.route(keys, to: patterns)

        var matched = 0
        for (pattern, received) in zip(patterns, routed) {
            let compiled = try TopicPattern(pattern)
            for (index, key) in keys.enumerated() {
                let isMatch = compiled.matches(key)
                if isMatch { matched += 1 }
                let question = "\(pattern.debugDescription) and \(key.debugDescription)"
                #expect(received[index, default: 0] == (isMatch ? 1 : 0), "\(question)")
            }
        }
        // Else the agreement would be worth little.
        let pairs = patterns.count * keys.count
        #expect(pairs > 20_000 && matched > pairs / 20 && matched < pairs / 2, "\(matched) of \(pairs) match")
    }

    /// Binds each pattern to a queue of its own, publishes each key, and says for each pattern how often each key came.
    private static func route(_ keys: [String], to patterns: [String]) async throws -> [[Int: Int]] {
        try await LocalBroker.shared().withVhost { url in
            try await AMQPClient.withClient(url: url) { client in
                try await client.apply([.exchange("events", .topic)])
                return try await client.withChannel { channel in
                    var queues: [String] = []
                    for pattern in patterns {
                        let queue = AMQPQueue("", .classic, durable: false, exclusive: true)
                        let name = try await channel.declareQueue(queue).name
                        try await channel.bind(AMQPBinding(from: "events", to: name, routingKey: pattern))
                        queues.append(name)
                    }
                    for (index, key) in keys.enumerated() {
                        let message = AMQPMessage("\(index)")
                        _ = try await client.send(message, to: "events", routingKey: key, mandatory: false)
                    }
                    try await client.waitForConfirms()
                    var received: [[Int: Int]] = []
                    for queue in queues { received.append(try await contents(of: queue, channel)) }
                    return received
                }
            }
        }
    }

    /// How often each number is in a queue.
    private static func contents(of queue: String, _ channel: AMQPChannel) async throws -> [Int: Int] {
        var numbers: [Int: Int] = [:]
        while let fetched = try await channel.get(queue) {
            let number = try #require(Int(String(decoding: fetched.message.body, as: UTF8.self)))
            numbers[number, default: 0] += 1
        }
        return numbers
    }
}
