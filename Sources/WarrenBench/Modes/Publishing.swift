import AMQP

extension Run {
    /// From the first publish to the answer of a call on the same channel: everything before it has been taken.
    func publishWithoutConfirms(_ client: AMQPClient) async throws -> Result {
        try await Scenery.declare(.publish, self, client)
        let message = Scenery.message(self, .transient)
        return try await client.withChannel(for: .publishing) { channel in
            let measurement = Measurement()
            for _ in 0..<count {
                try await channel.publish(message, to: Scenery.exchange, routingKey: Scenery.Queue.publish.key)
            }
            _ = try await channel.queueStatus(Scenery.Queue.publish.name)
            return measurement.result(self)
        }
    }

    /// From the first publish to the last confirm, with at most `inFlight` unanswered.
    func publishWithConfirms(
        _ client: AMQPClient,
        to queue: Scenery.Queue,
        _ mode: AMQPProperties.DeliveryMode
    ) async throws -> Result {
        try await Scenery.declare(queue, self, client)
        let message = Scenery.message(self, mode)
        return try await client.withPublisher(window: inFlight) { publisher in
            let measurement = Measurement()
            var last: AMQPPendingConfirm?
            for _ in 0..<count {
                last = try await publisher.send(
                    message,
                    to: Scenery.exchange,
                    routingKey: queue.key,
                    mandatory: false
                )
            }
            try await publisher.waitForConfirms()
            let result = measurement.result(self)
            guard case .acked = await last?.outcome else { throw BenchError("the last publish was not acked") }
            return result
        }
    }

    /// The same, and the next below, in batches of this many.
    private static let batchSize = 500

    func publishWithoutConfirmsInBatches(_ client: AMQPClient) async throws -> Result {
        try await Scenery.declare(.publish, self, client)
        let message = Scenery.message(self, .transient)
        return try await client.withChannel(for: .publishing) { channel in
            let measurement = Measurement()
            for size in batchSizes {
                try await channel.publish(
                    contentsOf: Array(repeating: message, count: size),
                    to: Scenery.exchange,
                    routingKey: Scenery.Queue.publish.key
                )
            }
            _ = try await channel.queueStatus(Scenery.Queue.publish.name)
            return measurement.result(self)
        }
    }

    func publishWithConfirmsInBatches(_ client: AMQPClient) async throws -> Result {
        try await Scenery.declare(.publish, self, client)
        let message = Scenery.message(self, .transient)
        return try await client.withPublisher(window: inFlight) { publisher in
            let measurement = Measurement()
            var under: [AMQPPendingConfirms] = []
            for size in batchSizes {
                under.append(
                    try await publisher.send(
                        contentsOf: Array(repeating: message, count: size),
                        to: Scenery.exchange,
                        routingKey: Scenery.Queue.publish.key,
                        mandatory: false
                    )
                )
            }
            for pending in under {
                for outcome in await pending.outcomes {
                    guard case .acked = outcome else { throw BenchError("a publish was not acked: \(outcome)") }
                }
            }
            return measurement.result(self)
        }
    }

    private var batchSizes: [Int] {
        stride(from: 0, to: count, by: Self.batchSize).map { min(Self.batchSize, count - $0) }
    }

    /// `inFlight` tasks, each awaiting the confirm of its own publish before the next.
    func publishAwaitingEach(_ client: AMQPClient) async throws -> Result {
        try await Scenery.declare(.publish, self, client)
        let message = Scenery.message(self, .transient)
        return try await client.withPublisher(window: max(1000, inFlight)) { publisher in
            let measurement = Measurement()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<inFlight {
                    let share = count / inFlight + (task < count % inFlight ? 1 : 0)
                    group.addTask {
                        for _ in 0..<share {
                            try await publisher.publish(
                                message,
                                to: Scenery.exchange,
                                routingKey: Scenery.Queue.publish.key,
                                mandatory: false
                            )
                        }
                    }
                }
                try await group.waitForAll()
            }
            return measurement.result(self)
        }
    }
}

/// Why a measurement makes no sense.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
