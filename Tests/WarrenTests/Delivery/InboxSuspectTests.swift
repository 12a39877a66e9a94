import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("An event that may have ended a process")
struct InboxSuspectTests {
    private let scene = InboxScene(maxHandlers: 3)
    private let handled = Seen<String>()

    @Test("is on record while it is handled, together with others")
    func together() async throws {
        let (scene, gate) = (InboxScene(), StopSignal())
        for id in 0..<20 { scene.deliver("\(id)", redelivered: true) }
        let pool = try scene.pool(
            concurrency: 20,
            .each { context in
                handled.add(context.eventID)
                await gate.wait()
                return .ack
            }
        )
        let run = scene.start(pool)
        try await eventually { handled.count == 20 }
        #expect(scene.inbox.records.count == 20)
        gate.stop()
        await run.value
        #expect(scene.inbox.records.isEmpty && scene.statistics.handled == 20)
    }

    @Test("has ended nobody when its handler has returned: its next attempt is not on record")
    func innocent() async throws {
        scene.deliver("a", redelivered: true)
        try await scene.run(retry: .immediate(1)) { context in
            if context.attempt == 1 { throw Refused() }
            return .ack
        }
        #expect(scene.inbox.notes.all == ["claim a", "record a", "release a", "claim a", "complete a"])
    }

    @Test("was on record when one ended: it is handled alone, and is on record only then")
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
        scene.inbox.setCrashes(1, of: "suspect")
        scene.deliver("suspect", redelivered: true)
        try await eventually { scene.permits.waiting == 1 }
        scene.deliver("d")
        scene.finish()
        // There would be a permit for it, but it does not overtake.
        try await eventually { scene.permits.waiting == 2 }
        gates["a"]?.stop()
        try await eventually { scene.fates.all == ["a accepted"] }
        #expect(handled.count == 2 && scene.inbox.records.isEmpty)
        gates["b"]?.stop()
        try await eventually { handled.all.last == "suspect" }
        #expect(scene.inbox.records == ["suspect"] && scene.permits.waiting == 1)
        gates["suspect"]?.stop()
        try await eventually { handled.all.last == "d" }
        #expect(scene.fates.all.last == "suspect accepted")
        gates["d"]?.stop()
        await run.value
        #expect(scene.permits.free == 3 && scene.statistics.handled == 4)
    }

    @Test("is a dead letter when it has ended as many as it may, and then its crashes are forgotten")
    func poison() async throws {
        for (id, crashes) in [("guilty", 4), ("suspect", 3), ("innocent", 0)] {
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
        #expect(scene.inbox.notes.all == ["claim a", "record a", "complete a"])
    }

    @Test("and becomes a dead letter for another reason starts afresh too")
    func otherDeath() async throws {
        scene.inbox.setCrashes(1, of: "a")
        scene.deliver("a", redelivered: true)
        try await scene.run { _ in throw Refused() }
        #expect(scene.fates.all == ["a buried: Refused after 1"])
        #expect(scene.inbox.notes.all.suffix(3) == ["release a", "claim a", "forget a"])
    }

    @Test("is handled in a batch; what was on record when one ended is left out, and what somebody else is at work on")
    func batch() async throws {
        let key = InboxKey(source: "shop", eventID: "handled", subscription: "billing")
        if case .admitted(let claim) = try await scene.inbox.claim(key, waitingUpTo: .zero) {
            try await claim.complete()
        }
        scene.inbox.setCrashes(1, of: "copy")
        scene.inbox.setCrashes(4, of: "guilty")
        for id in ["a", "suspect", "handled", "b", "b", "copy", "guilty"] {
            scene.deliver(id, redelivered: ["suspect", "guilty"].contains(id))
        }
        let pool = try scene.pool(
            .batch(upTo: 10) { contexts in handled.add(contexts.map(\.eventID).joined(separator: " ")) }
        )
        await scene.start(pool).value
        #expect(handled.all == ["a suspect b", "copy"])
        #expect(scene.inbox.notes.all.filter { $0.hasPrefix("record") } == ["record suspect", "record copy"])
        let statistics = scene.statistics
        #expect(statistics.handled == 4 && statistics.duplicates == 2 && statistics.deadLettered == 1)
        #expect(scene.inbox.notes.all.count { $0.hasPrefix("complete") } == 5)
    }

    @Test("and cannot be put on record is not handled, and comes again", arguments: [0, 1])
    func unrecorded(crashes: Int) async throws {
        scene.inbox.setCrashes(crashes, of: "a")
        scene.inbox.failRecords(StorageError(.full, "no room"))
        scene.deliver("a", redelivered: true)
        let run = scene.start(
            try scene.pool(
                .each { context in
                    handled.add(context.eventID)
                    return .ack
                }
            )
        )
        await scene.fates.become(["a released"])
        try await eventually { scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .seconds(1))
        await run.value
        #expect(handled.all.isEmpty && scene.inbox.records.isEmpty && scene.permits.free == 3)
        try await eventually { scene.told(.inboxFailed).first?.reason?.contains("no room") == true }
    }

    @Test("keeps nobody from running for ever when its handler never returns")
    func stuck() async throws {
        let gate = StopSignal()
        scene.inbox.setCrashes(1, of: "suspect")
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
