import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("Deliveries in batches")
final class DeliveryBatchesTests {
    private let core: CoreUnderTest
    private let id: SlotID
    private let deliveries: AMQPDeliveries
    private var delivered: UInt64 = 0

    init() throws {
        core = try CoreUnderTest()
        core.connect()
        id = try core.open(prefetch: 100)
        deliveries = AMQPDeliveries(connection: core.connection, channel: id)
    }

    deinit {
        core.end()
    }

    private func deliver(_ count: Int) throws {
        for _ in 0..<count {
            delivered += 1
            try core.receive(.delivered(1, CoreChannelTests.delivery(delivered)))
        }
    }

    @Test("are what is there, in order, and never more than the limit")
    func limit() async throws {
        var batches = deliveries.batches(upTo: 2).makeAsyncIterator()
        try deliver(5)
        #expect(try await batches.next()?.map(\.deliveryTag) == [1, 2])
        try deliver(1)
        #expect(try await batches.next()?.map(\.deliveryTag) == [3, 4])
        #expect(try await batches.next()?.map(\.deliveryTag) == [5])
        #expect(try await batches.next()?.map(\.deliveryTag) == [6])
    }

    @Test("have at least one delivery, whatever the limit says", arguments: [0, -1, .min])
    func smallest(limit: Int) async throws {
        var batches = deliveries.batches(upTo: limit).makeAsyncIterator()
        try deliver(2)
        #expect(try await batches.next()?.map(\.deliveryTag) == [1])
        #expect(try await batches.next()?.map(\.deliveryTag) == [2])
    }

    @Test("do not wait to be filled up")
    func waiting() async throws {
        let batches = deliveries.batches(upTo: 10)
        let batch = Task {
            for try await batch in batches { return batch.map(\.deliveryTag) }
            return []
        }
        try await eventually("somebody waits") { core.isAwaited(id) }
        try deliver(1)
        #expect(try await batch.value == [1])
    }

    @Test("leave out what came before a reconnect")
    func stale() async throws {
        var batches = deliveries.batches(upTo: 1).makeAsyncIterator()
        try deliver(3)
        let old = try #require(try await batches.next()?.first)
        core.disconnect()
        core.connect()
        _ = try core.sent()
        try core.agree(id)
        delivered = 0
        try deliver(2)
        let fresh = try #require(try await batches.next()?.first)
        #expect(fresh.deliveryTag == 1 && old.deliveryTag == 1)
        #expect(try old.ack() == .staleDelivery)
        #expect(try fresh.ack() == .sent)
    }

    @Test("are shared out where several tasks take them, and what one took and did not see goes back")
    func sharing() async throws {
        try deliver(9)
        do {
            var first = deliveries.batches(upTo: 2).makeAsyncIterator()
            var second = deliveries.batches(upTo: 3).makeAsyncIterator()
            var single = deliveries.makeAsyncIterator()
            #expect(try await first.next()?.map(\.deliveryTag) == [1, 2])
            #expect(try await second.next()?.map(\.deliveryTag) == [3, 4, 5])
            #expect(try await single.next()?.deliveryTag == 6)
        }
        do {
            // Alone it takes more from the connection than it is asked for.
            var alone = deliveries.batches(upTo: 1).makeAsyncIterator()
            #expect(try await alone.next()?.map(\.deliveryTag) == [7])
        }
        var last = deliveries.batches(upTo: 9).makeAsyncIterator()
        #expect(try await last.next()?.map(\.deliveryTag) == [8, 9])
    }

    @Test("are left for others by a worker that comes first, as most of what is there")
    func firstComer() async throws {
        try deliver(100)
        var first = deliveries.makeAsyncIterator()
        #expect(try await first.next()?.deliveryTag == 1)
        var left: [AMQPDelivery] = []
        _ = core.connection.perform { core, _ in
            core.takeDeliveries(id, upTo: .max, into: &left, orWake: OneShot())
        }
        #expect(left.map(\.deliveryTag) == (26...100).map { $0 })
        #expect(try await first.next()?.deliveryTag == 2)
    }

    @Test("end with the consumer, with its error if it has one")
    func end() async throws {
        var batches = deliveries.batches(upTo: 9).makeAsyncIterator()
        let lost = AMQPError(.accessRefused, "no more")
        core.connection.perform { core, effects in core.ended(lost, into: &effects) }
        await #expect(throws: lost) { try await batches.next() }
        core.end()
        #expect(try await batches.next() == nil)
    }

    @Test("end for a task that is cancelled, also while it waits")
    func cancelled() async throws {
        let batches = deliveries.batches(upTo: 9)
        let task = Task {
            var count = 0
            for try await batch in batches { count += batch.count }
            return count
        }
        try deliver(1)
        try await eventually("it waits for more") { core.isAwaited(id) }
        task.cancel()
        #expect(try await task.value == 1)
    }
}

extension CoreUnderTest {
    /// Whether a task waits for deliveries.
    fileprivate func isAwaited(_ id: SlotID) -> Bool {
        connection.core.withLock { $0.channels[id]?.value.subscription?.isAwaited ?? false }
    }
}
