import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A subscription with an inbox")
struct InboxDeliveryTests {
    private let scene = InboxScene()
    private let handled = Seen<String>()

    @Test("handles an event once that comes twice, and counts the second as a duplicate")
    func duplicate() async throws {
        for id in ["a", "b", "a"] { scene.deliver(id) }
        try await scene.run { context in
            handled.add(context.eventID)
            return .ack
        }
        #expect(handled.all == ["a", "b"])
        #expect(scene.fates.all == ["a accepted", "b accepted", "a accepted"])
        #expect(scene.statistics.handled == 2 && scene.statistics.duplicates == 1)
        try await eventually { scene.told(.duplicate).map(\.eventID) == ["a"] }
    }

    @Test("waits with the second copy of an event while the first is at work")
    func twoAtOnce() async throws {
        let gate = StopSignal()
        for id in ["a", "a"] { scene.deliver(id) }
        let pool = try scene.pool(
            concurrency: 2,
            .each { context in
                handled.add(context.eventID)
                await gate.wait()
                return .drop
            }
        )
        let run = scene.start(pool)
        try await eventually { scene.inbox.notes.count == 2 && handled.count == 1 }
        #expect(scene.fates.all.isEmpty)
        gate.stop()
        await run.value
        #expect(handled.all == ["a"] && scene.fates.all == ["a accepted", "a accepted"])
        #expect(scene.statistics.duplicates == 1)
    }

    @Test("gives an event back that somebody else is at work on for long")
    func busy() async throws {
        let key = InboxKey(source: "shop", eventID: "a", subscription: "billing")
        guard case .admitted(let claim) = try await scene.inbox.claim(key, waitingUpTo: .zero) else {
            Issue.record("not admitted")
            return
        }
        scene.deliver("a")
        let run = scene.start(try scene.pool(.each { _ in .ack }))
        try await eventually { scene.inbox.notes.count == 2 && scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .seconds(5))
        await scene.fates.become(["a released"])
        // The pause, so that it does not go round and round.
        try await eventually { scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .milliseconds(100))
        await run.value
        try await eventually { scene.told(.released).first?.reason == "somebody else is at work on it" }
        await claim.release()
    }

    @Test("handles nothing while the inbox fails, loses nothing, and does not go round and round")
    func failingInbox() async throws {
        scene.inbox.fail(StorageError(.full, "no room"))
        for id in ["a", "b"] { scene.deliver(id) }
        let pool = try scene.pool(
            .each { context in
                handled.add(context.eventID)
                return .ack
            }
        )
        let run = scene.start(pool)
        await scene.fates.become(["a released"])
        try await eventually { scene.clock.sleeperCount == 2 }
        #expect(scene.inbox.notes.all == ["claim a"])
        scene.inbox.fail(nil)
        scene.clock.advance(by: .seconds(1))
        await run.value
        #expect(handled.all == ["b"] && scene.fates.all == ["a released", "b accepted"])
        try await eventually { scene.told(.inboxFailed).map(\.eventID) == ["a"] }
        #expect(scene.told(.inboxFailed).first?.reason?.contains("no room") == true)
    }

    @Test("handles events that cannot be told apart as if there were no inbox, and counts them", arguments: ["", "1"])
    func unidentified(eventID: String) async throws {
        for source in [nil, ""] { scene.deliver(eventID, from: source, redelivered: true) }
        try await scene.run { context in
            handled.add(context.eventID)
            do {
                try await context.commit { (_: MemoryTransaction) in }
            } catch let error as EventBusError {
                handled.add("\(error.code)")
            }
            return .ack
        }
        #expect(handled.all == [eventID, "cannotCommit", eventID, "cannotCommit"] && scene.inbox.notes.all.isEmpty)
        #expect(scene.statistics.unidentified == 2 && scene.statistics.handled == 2)
    }

    @Test("knows an event without a source by an id that is a UUID")
    func unsourced() async throws {
        let ids = ["018F6b2c-0000-7000-8000-00000000000A", "018F6b2c-0000-7000-8000-00000000000", "018F6b2c"]
        for id in ids + ids { scene.deliver(id, from: nil) }
        try await scene.run { _ in .ack }
        #expect(scene.statistics.duplicates == 1 && scene.statistics.unidentified == 4)
    }

    @Test("does not take ids that stand for none for the id of an event, nor what only looks like a UUID")
    func voidIDs() async throws {
        let zero = "00000000-0000-0000-0000-000000000000"
        let last = "FFFFFFFF-ffff-ffff-ffff-ffffffffffff"
        // Four fullwidth digits have as many bytes as twelve of ASCII.
        let wide = "018F6b2c-0000-7000-8000-\u{FF10}\u{FF11}\u{FF12}\u{FF13}"
        for _ in 0..<2 {
            for id in [zero, last] { scene.deliver(id) }
            for id in [zero, last, wide] { scene.deliver(id, from: nil) }
        }
        try await scene.run { context in
            handled.add(context.eventID)
            return .ack
        }
        #expect(handled.count == 10 && scene.statistics.duplicates == 0 && scene.statistics.unidentified == 10)
    }

    @Test("gives an event that failed back to the inbox before it waits, and claims it anew for the next attempt")
    func retry() async throws {
        scene.deliver("a")
        let pool = try scene.pool(
            retry: .fixed(maxAttempts: 2, delay: .seconds(60)),
            .each { context in
                scene.inbox.notes.add("attempt \(context.attempt)")
                if context.attempt == 1 { throw Refused() }
                return .ack
            }
        )
        let run = scene.start(pool)
        try await eventually { scene.clock.sleeperCount == 2 }
        #expect(scene.inbox.notes.all == ["claim a", "attempt 1", "release a"])
        // It looks every second whether there is something to wait for.
        for _ in 0..<60 {
            try await eventually { scene.clock.sleeperCount == 2 }
            scene.clock.advance(by: .seconds(1))
        }
        await run.value
        #expect(scene.inbox.notes.all.suffix(3) == ["claim a", "attempt 2", "complete a"])
        #expect(scene.fates.all == ["a accepted"] && scene.statistics.handled == 1)
    }

    @Test("accepts what was handled, though it could not be marked so, and tells it")
    func unmarked() async throws {
        scene.inbox.failCompletions(StorageError(.full, "no room"))
        scene.deliver("a")
        try await scene.run { _ in .ack }
        #expect(scene.fates.all == ["a accepted"] && scene.statistics.handled == 1)
        #expect(scene.inbox.notes.all == ["claim a", "release a"])
        try await eventually { scene.told(.inboxFailed).count == 1 }
    }

    @Test("marks what a handler has finished in a task that was cancelled")
    func markedAtTheEnd() async throws {
        scene.deliver("a")
        let pool = try scene.pool(
            .each { context in
                handled.add(context.eventID)
                while !Task.isCancelled { await Task.yield() }
                return .ack
            }
        )
        let run = scene.start(pool)
        await handled.become(["a"])
        pool.stop()
        run.cancel()
        await run.value
        #expect(scene.inbox.notes.all == ["claim a", "complete a"] && scene.fates.all == ["a accepted"])
    }

    @Test("knows that it has marked an event, though its task was cancelled while it did")
    func cancelledWhileMarking() async throws {
        let gate = StopSignal()
        scene.inbox.holdCompletions(at: gate)
        scene.deliver("a")
        let pool = try scene.pool(.each { _ in .ack })
        let run = scene.start(pool)
        try await eventually { scene.inbox.notes.all.last == "completing a" }
        pool.stop()
        run.cancel()
        gate.stop()
        await run.value
        #expect(scene.inbox.notes.all == ["claim a", "completing a", "complete a"])
        #expect(scene.fates.all == ["a accepted"] && scene.told(.inboxFailed).isEmpty)
    }

    @Test("gives a handler's event back that was cancelled at the end, and calls it no failure")
    func cancelled() async throws {
        scene.deliver("a", redelivered: true)
        let pool = try scene.pool(
            .each { context in
                handled.add(context.eventID)
                try await SystemClock().sleep(until: .distantFuture)
                return .ack
            }
        )
        let run = scene.start(pool)
        await handled.become(["a"])
        pool.stop()
        run.cancel()
        await run.value
        #expect(scene.inbox.notes.all == ["claim a", "record a", "release a"])
        #expect(scene.fates.all == ["a released"] && scene.statistics.failed == 0)
        #expect(scene.permits.free == 100)
    }

    @Test("keeps an event to itself until a handler that takes too long has returned")
    func overrun() async throws {
        let gate = StopSignal()
        let key = InboxKey(source: "shop", eventID: "a", subscription: "billing")
        scene.deliver("a")
        let pool = try scene.pool(
            retry: .immediate(1),
            timeout: .seconds(10),
            .each { context in
                handled.add("\(context.attempt)")
                if context.attempt == 1 { await Task { await gate.wait() }.value }
                return .ack
            }
        )
        let run = scene.start(pool)
        await handled.become(["1"])
        try await eventually { scene.clock.sleeperCount == 1 }
        scene.clock.advance(by: .seconds(10))
        try await eventually { scene.told(.handlerTimedOut).count == 1 }
        guard case .busy = try await scene.inbox.claim(key, waitingUpTo: .zero) else {
            Issue.record("it was given back before its handler has returned")
            return
        }
        gate.stop()
        await run.value
        #expect(handled.all == ["1", "2"] && scene.fates.all == ["a accepted"])
        #expect(scene.permits.free == 100)
    }

    @Test("has nothing in hand any more after a batch that took too long and of which something was a duplicate")
    func overrunBatch() async throws {
        let key = InboxKey(source: "shop", eventID: "a", subscription: "billing")
        if case .admitted(let claim) = try await scene.inbox.claim(key, waitingUpTo: .zero) {
            try await claim.complete()
        }
        for id in ["a", "b", "c"] { scene.deliver(id) }
        let pool = try scene.pool(
            retry: .immediate(1),
            timeout: .seconds(10),
            .batch(upTo: 3) { contexts in
                handled.add(contexts.map(\.eventID).joined(separator: " "))
                if contexts.count > 1 { try await SystemClock().sleep(until: .distantFuture) }
            }
        )
        let run = scene.start(pool)
        await handled.become(["b c"])
        try await eventually { scene.clock.sleeperCount == 1 }
        scene.clock.advance(by: .seconds(10))
        await run.value
        #expect(handled.all == ["b c", "b", "c"] && scene.statistics.duplicates == 1)
        #expect(scene.reports.inHand == 0)
    }

    @Test("does not handle what became stale while it waited for its turn, and keeps no claim on it")
    func stale() async throws {
        let (scene, connection) = (InboxScene(maxHandlers: 1), StopSignal())
        #expect(await scene.permits.acquire())
        scene.deliver("a", over: connection)
        let run = scene.start(try scene.pool(.each { _ in .ack }))
        try await eventually { scene.permits.waiting == 1 }
        connection.stop()
        scene.permits.release()
        await run.value
        #expect(scene.fates.all.isEmpty && scene.inbox.notes.all == ["claim a", "release a"])
        #expect(scene.permits.free == 1)
    }
}
