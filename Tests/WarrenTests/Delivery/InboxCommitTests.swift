import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A handler that commits")
struct InboxCommitTests {
    private let scene = InboxScene()

    @Test(
        "has handled its event, whatever it says afterwards",
        arguments: [.release, .retry(after: .seconds(1)), .deadLetter(reason: "no use"), nil] as [Disposition?]
    )
    func thenFails(decision: Disposition?) async throws {
        for _ in 0..<2 { scene.deliver("a") }
        try await scene.run(retry: .immediate(3)) { context in
            try await scene.commit(context)
            guard let decision else { throw Refused() }
            return decision
        }
        #expect(scene.committed.all == ["a"] && scene.fates.all == ["a accepted", "a accepted"])
        #expect(scene.statistics.handled == 1 && scene.statistics.failed == 1 && scene.statistics.duplicates == 1)
        try await eventually { scene.told(.handlerFailed).count == 1 }
        #expect(scene.told(.handlerFailed).first?.reason?.hasPrefix("it was committed and is handled, but") == true)
    }

    @Test("and is cancelled then has handled its event too, and that is no failure")
    func thenCancelled() async throws {
        scene.deliver("a")
        let pool = try scene.pool(
            .each { context in
                try await scene.commit(context)
                try await SystemClock().sleep(until: .distantFuture)
                return .ack
            }
        )
        let run = scene.start(pool)
        try await eventually { scene.inbox.notes.all.last == "complete a" }
        pool.stop()
        run.cancel()
        await run.value
        #expect(scene.fates.all == ["a accepted"] && scene.statistics.handled == 1 && scene.statistics.failed == 0)
    }

    @Test("and takes too long then has handled its event too")
    func thenOverruns() async throws {
        scene.deliver("a")
        let pool = try scene.pool(
            retry: .immediate(3),
            timeout: .seconds(10),
            .each { context in
                try await scene.commit(context)
                try await SystemClock().sleep(until: .distantFuture)
                return .ack
            }
        )
        let run = scene.start(pool)
        try await eventually { scene.inbox.notes.all.last == "complete a" && scene.clock.sleeperCount == 1 }
        scene.clock.advance(by: .seconds(10))
        await run.value
        #expect(scene.committed.all == ["a"] && scene.fates.all == ["a accepted"] && scene.statistics.handled == 1)
        try await eventually { scene.told(.handlerTimedOut).count == 1 }
    }

    @Test("writes nothing a second time, and is told so")
    func twice() async throws {
        let errors = Seen<StorageError.Code>()
        scene.deliver("a")
        try await scene.run { context in
            try await scene.commit(context)
            do {
                try await scene.commit(context)
            } catch let error as StorageError {
                errors.add(error.code)
            }
            return .ack
        }
        #expect(scene.committed.all == ["a"] && errors.all == [.alreadyHandled] && scene.statistics.handled == 1)
        #expect(scene.statistics.failed == 0)
    }

    @Test("and fails before it does tries again, and writes once")
    func failsBefore() async throws {
        scene.deliver("a")
        try await scene.run(retry: .immediate(2)) { context in
            let id = context.eventID
            try await context.commit { (_: MemoryTransaction) in
                if context.attempt < 3 { throw Refused() }
                scene.committed.add(id)
            }
            return .ack
        }
        #expect(scene.committed.all == ["a"] && scene.statistics.handled == 1 && scene.statistics.failed == 2)
    }

    @Test("and never learns whether it did is not called again when it did", arguments: [true, false])
    func inDoubt(isLast: Bool) async throws {
        scene.inbox.failCompletions(StorageError(.unknown, "may be"), afterwards: true)
        scene.deliver("a")
        try await scene.run(retry: isLast ? .none : .immediate(1)) { context in
            try await scene.commit(context)
            return .ack
        }
        #expect(scene.committed.all == ["a"] && scene.fates.all == ["a accepted"])
        #expect(scene.statistics.handled == 1 && scene.statistics.deadLettered == 0)
    }

    @Test("and never learns whether it did is called again when it did not")
    func inDoubtForNothing() async throws {
        scene.inbox.failCompletions(StorageError(.unknown, "may be"))
        scene.deliver("a")
        try await scene.run(retry: .immediate(1)) { context in
            if context.attempt == 2 { scene.inbox.failCompletions(nil) }
            try await scene.commit(context)
            return .ack
        }
        #expect(scene.committed.all == ["a"] && scene.fates.all == ["a accepted"] && scene.statistics.failed == 1)
    }

    @Test("in a batch has handled those events; the others are tried again where it fails")
    func batch() async throws {
        for id in ["a", "b", "a", "c"] { scene.deliver(id) }
        let sizes = Seen<Int>()
        let pool = try scene.pool(
            .batch(upTo: 10) { contexts in
                sizes.add(contexts.count)
                for context in contexts {
                    if contexts.count > 1, context.eventID == "c" { throw Refused() }
                    try await scene.commit(context)
                }
            }
        )
        await scene.start(pool).value
        #expect(sizes.all == [3, 1] && scene.committed.all.sorted() == ["a", "b", "c"])
        #expect(scene.fates.all.sorted() == ["a accepted", "a accepted", "b accepted", "c accepted"])
        #expect(scene.statistics.handled == 3 && scene.statistics.duplicates == 1)
    }

    // MARK: - Without a bus

    @Test("can be tested by itself: the context is made with an inbox")
    func alone() async throws {
        let (inbox, event) = (try MemoryInboxStore(), Occurrence(EventEnvelope(type: "t")))
        try await scene.commit(EventContext(event, subscription: "billing", inbox: inbox))
        let key = InboxKey(source: "shop", eventID: event.eventID, subscription: "billing")
        #expect(try await inbox.isHandled(key))
        await #expect(throws: StorageError.self) {
            try await scene.commit(EventContext(event, subscription: "billing", inbox: inbox))
        }
        #expect(scene.committed.all == [event.eventID])
    }

    @Test("needs an inbox, and is told so; an observer needs a subscription")
    func withoutInbox() async throws {
        let event = Occurrence(EventEnvelope(type: "t"))
        for (context, word) in [
            (EventContext(event, subscription: "billing"), "no inbox"), (EventContext(event), "observer"),
        ] {
            let error = await busError { try await scene.commit(context) }
            #expect(error?.code == .cannotCommit && error?.message.contains(word) == true)
        }
        #expect(scene.committed.all.isEmpty)
    }
}

extension EventEnvelope {
    fileprivate init(type: String) {
        self.init(eventID: "an event", eventType: type, version: nil, payload: .null)
        source = "shop"
    }
}
