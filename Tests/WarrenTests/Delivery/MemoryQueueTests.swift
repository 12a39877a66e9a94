import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A queue in memory")
struct MemoryQueueTests {
    private func queue(_ capacity: Int = 1000, _ overflow: MemoryQueue.Overflow = .wait) -> MemoryQueue {
        MemoryQueue("test", capacity: capacity, overflow: overflow)
    }

    private func delivery(_ number: Int, _ queue: MemoryQueue) -> MemoryDelivery {
        let envelope = EventEnvelope(eventID: "\(number)", eventType: "a", version: nil, payload: .null)
        return MemoryDelivery(Occurrence(envelope), queue: queue)
    }

    private static func ids(_ deliveries: [any Delivery]) -> [Int] {
        deliveries.compactMap { (try? $0.occurrence.get().eventID).flatMap { Int($0) } }
    }

    private func take(_ queue: MemoryQueue, _ limit: Int = 1) async -> [Int] {
        Self.ids(await queue.next(upTo: limit, unless: { false }))
    }

    @Test("hands out in order, as many as are wanted and there")
    func order() async {
        let queue = queue()
        for number in 0..<200 { #expect(queue.offer(delivery(number, queue)) == .taken) }
        var seen: [Int] = []
        var limit = 1
        while seen.count < 200 {
            let taken = await take(queue, limit)
            #expect(taken.count == min(limit, 200 - seen.count))
            seen += taken
            limit = limit % 17 + 1
        }
        #expect(seen == Array(0..<200))
    }

    @Test("gives each event to one of those who wait, and wakes as many")
    func takers() async throws {
        let (queue, seen) = (queue(), Seen<Int>())
        let tasks = (0..<5).map { _ in
            Task {
                while let number = await take(queue).first { seen.add(number) }
            }
        }
        for number in 0..<500 {
            #expect(queue.offer(delivery(number, queue)) == .taken)
            if number % 50 == 0 { await Task.yield() }
        }
        try await eventually { seen.count == 500 }
        queue.close()
        for task in tasks { await task.value }
        #expect(seen.all.sorted() == Array(0..<500))
    }

    @Test("shares what is there between those who share it")
    func shares() async {
        let queue = queue()
        let (one, two) = (MemoryShare(queue), MemoryShare(queue))
        for number in 0..<10 { _ = queue.offer(delivery(number, queue)) }
        #expect(Self.ids(await one.next(upTo: 64)) == [0, 1, 2, 3, 4])
        #expect(Self.ids(await two.next(upTo: 2)) == [5, 6])
        #expect(Self.ids(await two.next(upTo: 64)) == [7])
        #expect(Self.ids(await one.next(upTo: 64)) == [8])
        _ = queue.offer(delivery(10, queue))
        two.stop()
        two.stop()
        #expect(Self.ids(await two.next(upTo: 64)) == [])
        #expect(Self.ids(await one.next(upTo: 64)) == [9, 10])
    }

    @Test("lets go of a share that stops while it waits, and of no other")
    func stop() async throws {
        let (queue, seen) = (queue(), Seen<Int>())
        let (one, two) = (MemoryShare(queue), MemoryShare(queue))
        let first = Task { await one.next(upTo: 1).count }
        let second = Task { for number in Self.ids(await two.next(upTo: 1)) { seen.add(number) } }
        try await eventually { queue.waitingTakers == 2 }
        one.stop()
        #expect(await first.value == 0)
        try await eventually { queue.waitingTakers == 1 }
        _ = queue.offer(delivery(7, queue))
        await second.value
        #expect(seen.all == [7])
    }

    @Test("lets go of a cancelled task, wherever it waits, and loses nothing with it")
    func cancelled() async throws {
        let queue = queue(1)
        let taker = Task { await take(queue) }
        try await eventually { queue.waitingTakers == 1 }
        taker.cancel()
        #expect(await taker.value == [])
        #expect(queue.offer(delivery(1, queue)) == .taken)
        #expect(queue.offer(delivery(2, queue)) == .full)
        let bringer = Task { await queue.waitForRoom() }
        let idler = Task { await queue.waitUntilIdle() }
        try await eventually { queue.waitingBringers == 1 && queue.waitingIdlers == 1 }
        bringer.cancel()
        idler.cancel()
        await bringer.value
        await idler.value
        #expect(queue.waitingBringers == 0 && queue.waitingIdlers == 0)
        // A task that is cancelled already takes what is there, and waits for nothing.
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            let taken = await take(queue)
            await queue.waitForRoom()
            await queue.waitUntilIdle()
            return taken + (await take(queue))
        }
        late.cancel()
        #expect(await late.value == [1])
    }

    @Test("wakes nobody in vain and forgets nobody, whatever comes at the same time")
    func stress() async throws {
        let (queue, seen) = (queue(4), Seen<Int>())
        let count = 3000
        let takers = (0..<3).map { index in
            Task {
                let share = MemoryShare(queue)
                while true {
                    let taken = await share.next(upTo: index + 1)
                    if taken.isEmpty { return }
                    for delivery in taken {
                        // Now and then one goes back.
                        guard let number = Self.ids([delivery]).first else { continue }
                        if number % 7 == index, number % 2 == 0, Bool.random() {
                            _ = delivery.release()
                        } else {
                            seen.add(number)
                            _ = delivery.accept()
                        }
                    }
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in
            for bringer in 0..<3 {
                group.addTask {
                    for number in 0..<count / 3 {
                        let delivery = delivery(number * 3 + bringer, queue)
                        while queue.offer(delivery) == .full { await queue.waitForRoom() }
                    }
                }
            }
        }
        await queue.waitUntilIdle()
        #expect(seen.all.sorted() == Array(0..<count))
        queue.close()
        for taker in takers { await taker.value }
    }

    @Test("hands out first what was given back")
    func takeBack() async throws {
        let queue = queue(2)
        for number in 0..<2 { _ = queue.offer(delivery(number, queue)) }
        let first = try #require(await queue.next(upTo: 1, unless: { false }).first)
        #expect(queue.offer(delivery(2, queue)) == .taken)
        #expect(first.release())
        #expect(queue.offer(delivery(3, queue)) == .full)
        #expect(await take(queue, 10) == [0, 1, 2])
    }

    @Test("drops the oldest where it may, in order, and knows when that begins")
    func dropOldest() async {
        let queue = queue(3, .dropOldest)
        for number in 0..<3 { #expect(queue.offer(delivery(number, queue)) == .taken) }
        for number in 3..<300 {
            #expect(queue.offer(delivery(number, queue)) == .takenForOldest)
            #expect(queue.beginsOverflowing() == (number == 3))
        }
        #expect(await take(queue, 2) == [297, 298])
        #expect(!queue.beginsOverflowing())
        #expect(await take(queue, 2) == [299])
        #expect(queue.beginsOverflowing())
    }

    @Test("takes nothing once it is closed, and lets everybody go")
    func closed() async throws {
        let queue = queue(1)
        let consequences = Consequences()
        consequences.join()
        let envelope = EventEnvelope(eventID: "1", eventType: "a", version: nil, payload: .null)
        _ = queue.offer(MemoryDelivery(Occurrence(envelope), queue: queue, consequences: consequences))
        let bringer = Task { await queue.waitForRoom() }
        let idler = Task { await queue.waitUntilIdle() }
        let publisher = Task { await consequences.end() }
        consequences.leave()
        try await eventually { queue.waitingBringers == 1 && queue.waitingIdlers == 1 }
        queue.close()
        await bringer.value
        await idler.value
        await publisher.value
        #expect(queue.offer(delivery(2, queue)) == .closed)
        #expect(await take(queue) == [])
        // Given back after the end: nobody will have it.
        _ = delivery(3, queue).release()
        #expect(await take(queue) == [])
    }
}
