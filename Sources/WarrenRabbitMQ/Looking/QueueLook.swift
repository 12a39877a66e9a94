package import AMQP
import Warren
import WarrenRuntime

/// Looks at the messages of a queue in their order, takes out what it is told to, and gives back everything else in its
/// place.
///
/// What becomes of messages that are given back was measured on RabbitMQ 3.10.8 and 4.0.5:
///
/// - A classic queue puts each back where it was. A quorum queue puts it behind those that were given back before, and all
///   of these before those that nobody was ever given.
/// - What one consumer has got goes back in order when its channel is closed, also by the death of the process. What was
///   got by several `basic.get`, or by several consumers at once, or goes back by `basic.nack` (on 3.10), does not.
///
/// So one consumer holds as many as are wanted. Where that is not enough another one on a channel of its own holds those
/// that follow, and at the end the channels are closed one after the other. A look that takes fewer than an earlier one would
/// put those behind the rest: where every message was looked at before, it goes on to the first that was not.
package actor QueueLook {
    private struct Window {
        let deliveries: AMQPDeliveries
        let size: Int
        /// How many of its messages are here and not settled.
        var held = 0
        /// Any of them: it tells whether the connection is still the one it came over.
        var witness: AMQPDelivery?

        var isFull: Bool { held >= size }
        var isLost: Bool { witness?.isStale ?? false }
    }

    /// How many messages a consumer may hold: so much memory a slow reader takes at most.
    private static let maximumSize = 1000
    /// How many a consumer holds of those that are looked at only for their order, at most.
    ///
    /// First it is one, then ten times as many each time: what is looked at beyond the need, the next look has to look at.
    private static let maximumFurtherSize = 250
    /// How long to wait before asking whether the queue has any more.
    private static let pause = Duration.milliseconds(200)
    /// How often it is asked, with a millisecond between, whether messages are back.
    private static let maximumLooks = 2000
    /// How often that is asked of a queue that has some and gives none, before it is given up.
    private static let maximumPauses = 150

    private let client: AMQPClient
    /// To ask about the queue.
    private let control: AMQPChannel
    private let queue: String
    private let expected: Int
    private var windows: [Window] = []
    /// How many of its messages it has seen.
    private var taken = 0
    /// How many it has to see at most: as many as there were when it began.
    private var total: Int
    private var furtherSize = 1
    /// Whether it has seen one that nobody was given before.
    private var hasSeenNew = false

    private init(_ client: AMQPClient, _ control: AMQPChannel, _ queue: String, expecting count: Int) async throws {
        let status = try await control.queueStatus(queue)
        guard status.consumerCount == 0 else {
            let consumers = status.consumerCount == 1 ? "a consumer" : "\(status.consumerCount) consumers"
            throw EventBusError(.inUse, "queue '\(queue)' has \(consumers), which looking would disturb")
        }
        self.client = client
        self.control = control
        self.queue = queue
        expected = count
        total = status.messageCount
    }

    /// Looks into a queue for as long as `body` takes.
    ///
    /// - Parameters:
    ///   - client: the way to the queue.
    ///   - queue: its name.
    ///   - count: how many messages are wanted, as far as that is known: so many are held at first.
    ///   - body: what to do with them.
    /// - Returns: what `body` returns.
    /// - Throws: ``EventBusError`` with code `inUse` when the queue has consumers or somebody else looks into it;
    ///   `AMQPError`, such as `.notFound`; and what `body` throws.
    package static func use<Value>(
        _ client: AMQPClient,
        _ queue: String,
        expecting count: Int,
        _ body: (QueueLook) async throws -> Value
    ) async throws -> Value {
        try await QueueLock.use(client, queue) {
            try await client.withChannel(for: .consuming) { control in
                let look = try await QueueLook(client, control, queue, expecting: count)
                do {
                    let value = try await body(look)
                    await look.end()
                    return value
                } catch {
                    await look.end()
                    throw error
                }
            }
        }
    }

    /// The next messages, at least one and at most `limit`, in their order.
    ///
    /// - Returns: none when it has seen as many as were there when it began, or all that there are.
    /// - Throws: `.connectionLost` when what it held went back by itself; `.timedOut`, `.cancelled`, and why the queue
    ///   cannot be consumed.
    package func next(upTo limit: Int) async throws(AMQPError) -> [AMQPDelivery] {
        var pauses = 0
        var wasEmpty = false
        while taken < total {
            let messages = try await pull(upTo: min(limit, total - taken))
            if !messages.isEmpty { return messages }
            // Others may have taken what was there: some were counted and do not come.
            pauses += 1
            let isEmpty = try await control.queueStatus(queue).messageCount == 0
            if isEmpty, wasEmpty { total = taken }
            wasEmpty = isEmpty
            guard pauses < Self.maximumPauses else {
                throw AMQPError(.timedOut, "queue '\(queue)' has more messages than it hands out")
            }
        }
        return []
    }

    /// The same, and those that come later: waits until there are some.
    package func nextAtLast(upTo limit: Int) async throws(AMQPError) -> [AMQPDelivery] {
        total = .max
        while true {
            let messages = try await pull(upTo: limit)
            if !messages.isEmpty { return messages }
        }
    }

    /// Takes messages of the last batch out of the queue.
    ///
    /// - Throws: `.connectionLost` when they are in the queue again.
    package func remove(_ messages: [AMQPDelivery]) throws(AMQPError) {
        for message in messages {
            guard try message.ack() == .sent else { throw lost }
            windows[windows.count - 1].held -= 1
        }
    }

    // MARK: - Taking

    /// - Returns: none when none came for a while.
    private func pull(upTo limit: Int) async throws(AMQPError) -> [AMQPDelivery] {
        if windows.last?.isFull ?? true { try await open() }
        let window = windows.count - 1
        let messages = try await Self.next(windows[window].deliveries, upTo: limit)
        guard !windows.contains(where: \.isLost) else { throw lost }
        if let last = messages.last {
            windows[window].held += messages.count
            windows[window].witness = last
            taken += messages.count
            hasSeenNew = hasSeenNew || messages.contains { !$0.redelivered }
        }
        guard !Task.isCancelled else {
            throw AMQPError(.cancelled, "the task that looked into queue '\(queue)' was cancelled")
        }
        return messages
    }

    private func open() async throws(AMQPError) {
        // The one before has all it may have; cancelled, it leaves the queue to the next where that lets only one consume.
        if let last = windows.last { try await last.deliveries.pause() }
        var wanted = expected - taken
        if wanted <= 0 {
            wanted = furtherSize
            furtherSize = min(furtherSize * 10, Self.maximumFurtherSize)
        }
        let size = max(1, min(wanted, Self.maximumSize, total - taken))
        // Not a child of this task: cancelled, it could give back what it just got, before what was got earlier.
        let held = await Task { [client, queue] () -> Result<AMQPDeliveries, AMQPError> in
            do throws(AMQPError) {
                return .success(try await client.hold(queue, prefetch: size))
            } catch {
                return .failure(error)
            }
        }.value
        windows.append(Window(deliveries: try held.get(), size: size))
    }

    private static func next(
        _ deliveries: AMQPDeliveries,
        upTo limit: Int
    ) async throws(AMQPError) -> [AMQPDelivery] {
        let results = await withTaskGroup(of: Result<[AMQPDelivery], AMQPError>.self) { group in
            group.addTask {
                do throws(AMQPError) {
                    return .success(try await deliveries.next(upTo: limit))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: pause)
                return .success([])
            }
            var results: [Result<[AMQPDelivery], AMQPError>] = []
            for await result in group {
                group.cancelAll()
                // Some may have come just as the time was up.
                results.append(result)
            }
            return results
        }
        var messages: [AMQPDelivery] = []
        for result in results { messages += try result.get() }
        return messages
    }

    private var lost: AMQPError {
        AMQPError(.connectionLost, "the connection was lost while queue '\(queue)' was looked into")
    }

    // MARK: - Giving back

    private func end() async {
        // Not a child of this task: what is held has to go back in order after a cancellation, too.
        await Task { await self.giveBack() }.value
    }

    /// Takes what is on its way to the last consumer: where it is cancelled first, that goes back before what it has got.
    private func fill() async {
        for _ in 0..<Self.maximumPauses {
            guard let last = windows.last, !last.isFull, let more = try? await pull(upTo: last.size) else { return }
            if more.isEmpty, (try? await control.queueStatus(queue).messageCount) ?? 0 == 0 { return }
        }
    }

    private func giveBack() async {
        // Whatever goes wrong now, the messages go back by themselves.
        while !windows.isEmpty, !hasSeenNew, let more = try? await next(upTo: Self.maximumSize), !more.isEmpty {}
        // A consumer with room left would be handed what the others give back. And a broker that still works off acks to a
        // quorum queue when their channel is closed forgets some of them: it has had the time when it has agreed to this.
        await fill()
        try? await windows.last?.deliveries.pause()
        for window in windows {
            let before = window.isLost ? nil : try? await control.queueStatus(queue).messageCount
            await window.deliveries.close()
            guard let before else { continue }
            // A closed channel may still be on its way out: what it held has to be back before the next one's, and before
            // anybody looks again.
            for _ in 0..<Self.maximumLooks {
                let now = try? await control.queueStatus(queue)
                guard let now, now.messageCount < before + window.held else { break }
                try? await Task.sleep(for: .milliseconds(1))
            }
        }
    }
}
