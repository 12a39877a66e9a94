import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("An event that may have ended a process")
struct InboxSuspectTests {
    private let scene = InboxScene(maxHandlers: 3)
    private let handled = Seen<String>()

    @Test("is handled alone, and is on record only then")
    func alone() async throws {
        let gates = ["a": StopSignal(), "b": StopSignal(), "suspect": StopSignal(), "d": StopSignal()]
        for id in ["a", "b"] { scene.deliver(id) }
        let pool = try scene.pool(
            concurrency: 4,
            .each { context in
                handled.add(context.eventID)
                await gates[context.eventID]?.wait()
                return .ack
            }
        )
        let run = scene.start(pool, isAll: false)
        try await eventually { handled.all.sorted() == ["a", "b"] }
        scene.deliver("suspect", redelivered: true)
        try await eventually { scene.permits.waiting == 1 }
        scene.deliver("d")
        scene.finish()
        // There would be a permit for it, but it does not overtake.
        try await eventually { scene.permits.waiting == 2 }
        gates["a"]?.stop()
        try await eventually { scene.fates.all == ["a accepted"] }
        #expect(handled.count == 2 && !scene.inbox.notes.all.contains("claim suspect alone"))
        gates["b"]?.stop()
        try await eventually { handled.all.last == "suspect" }
        #expect(scene.inbox.notes.all.contains("claim suspect alone") && scene.permits.waiting == 1)
        gates["suspect"]?.stop()
        try await eventually { handled.all.last == "d" }
        #expect(scene.fates.all.last == "suspect accepted")
        gates["d"]?.stop()
        await run.value
        #expect(scene.permits.free == 3 && scene.statistics.handled == 4)
    }

    @Test("is a dead letter when it has ended as many as it may, and then its crashes are forgotten")
    func poison() async throws {
        for (id, crashes) in [("guilty", 3), ("suspect", 2), ("innocent", 0)] {
            scene.inbox.setCrashes(crashes, of: id)
            scene.deliver(id, redelivered: true)
        }
        try await scene.run { context in
            handled.add(context.eventID)
            return .ack
        }
        #expect(handled.all == ["suspect", "innocent"])
        #expect(scene.fates.all == ["guilty buried: crash after 3", "suspect accepted", "innocent accepted"])
        #expect(scene.inbox.notes.all.contains("forget guilty"))
        #expect(scene.statistics.deadLettered == 1 && scene.statistics.handled == 2)
        try await eventually { scene.told(.deadLettered).first?.reason?.contains("ended the process 3 times") == true }
    }

    @Test("is handled alone as well where a copy of it comes that was not delivered before")
    func copy() async throws {
        scene.inbox.setCrashes(1, of: "a")
        scene.deliver("a")
        try await scene.run { _ in
            handled.add("\(scene.permits.free)")
            return .ack
        }
        #expect(handled.all == ["0"])
        #expect(scene.inbox.notes.all == ["claim a", "release a", "claim a alone", "complete a"])
    }

    @Test("and becomes a dead letter for another reason starts afresh too")
    func otherDeath() async throws {
        scene.inbox.setCrashes(1, of: "a")
        scene.deliver("a", redelivered: true)
        try await scene.run { _ in throw Refused() }
        #expect(scene.fates.all == ["a buried: Refused after 1"])
        #expect(scene.inbox.notes.all.suffix(3) == ["release a", "claim a", "forget a"])
    }

    @Test("is none where this very process gave it back alive")
    func survivor() async throws {
        scene.deliver("a")
        scene.deliver("a", redelivered: true)
        let connection = StopSignal()
        scene.deliver("b", over: connection)
        connection.stop()
        scene.deliver("b", redelivered: true)
        scene.deliver("c", redelivered: true)
        let pool = try scene.pool(
            .each { context in
                handled.add("\(context.eventID) \(scene.permits.free)")
                return context.eventID == "a" && handled.count == 1 ? .release : .ack
            }
        )
        let run = scene.start(pool)
        await scene.fates.become(["a released"])
        try await eventually { scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .milliseconds(100))
        await run.value
        #expect(handled.all == ["a 2", "a 2", "b 2", "c 0"])
    }

    @Test("is left out of a batch, and so is what somebody else is at work on; the rest is handled together")
    func batch() async throws {
        let key = InboxKey(source: "shop", eventID: "handled", subscription: "billing")
        if case .admitted(let claim) = try await scene.inbox.claim(key, isSuspect: false, waitingUpTo: .zero) {
            try await claim.complete()
        }
        scene.inbox.setCrashes(1, of: "copy")
        scene.inbox.setCrashes(3, of: "guilty")
        for id in ["a", "suspect", "handled", "b", "b", "copy", "guilty"] {
            scene.deliver(id, redelivered: ["suspect", "guilty"].contains(id))
        }
        let pool = try scene.pool(
            .batch(upTo: 10) { contexts in handled.add(contexts.map(\.eventID).joined(separator: " ")) }
        )
        await scene.start(pool).value
        #expect(handled.all.first == "a b" && handled.all.dropFirst().sorted() == ["copy", "suspect"])
        let statistics = scene.statistics
        #expect(statistics.handled == 4 && statistics.duplicates == 2 && statistics.deadLettered == 1)
        #expect(scene.inbox.notes.all.count { $0.hasPrefix("complete") } == 5)
    }

    @Test("keeps nobody from running for ever when its handler never returns")
    func stuck() async throws {
        let gate = StopSignal()
        scene.deliver("suspect", redelivered: true)
        let pool = try scene.pool(
            concurrency: 2,
            timeout: .seconds(10),
            .each { context in
                handled.add(context.eventID)
                if context.eventID == "suspect" { await Task { await gate.wait() }.value }
                return .ack
            }
        )
        let run = scene.start(pool, isAll: false)
        try await eventually { handled.all == ["suspect"] && scene.clock.sleeperCount == 2 }
        scene.deliver("a")
        scene.finish()
        try await eventually { scene.permits.waiting == 1 }
        scene.clock.advance(by: .seconds(10))
        try await eventually { handled.all == ["suspect", "a"] }
        try await eventually { scene.fates.all == ["a accepted"] }
        gate.stop()
        await run.value
        #expect(scene.fates.all == ["a accepted", "suspect buried: timeout after 1"])
        #expect(scene.permits.free == 3 && scene.permits.waiting == 0)
    }
}
