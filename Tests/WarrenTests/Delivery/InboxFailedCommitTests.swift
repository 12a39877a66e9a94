import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A handler that commits to a store that fails")
struct InboxFailedCommitTests {
    private let scene = InboxScene()

    @Test(
        "and cannot, since there is no room, loses no event: it goes back and counts no attempt, and later it is handled",
        arguments: [.retry(after: .seconds(1)), .deadLetter(reason: "no room"), .release, nil] as [Disposition?]
    )
    func full(decision: Disposition?) async throws {
        scene.inbox.failCompletions(StorageError(.full, "no room"))
        scene.deliver("a")
        let pool = try scene.pool(
            .each { context in
                do {
                    try await scene.commit(context)
                    return .ack
                } catch {
                    guard let decision else { throw Refused() }
                    return decision
                }
            }
        )
        let run = scene.start(pool, isAll: false)
        await scene.fates.become(["a released"])
        // The pause, so that it does not go round and round.
        try await eventually { scene.clock.sleeperCount == 2 }
        scene.inbox.failCompletions(nil)
        scene.deliver("a", redelivered: true)
        scene.finish()
        scene.clock.advance(by: .seconds(1))
        await run.value
        #expect(scene.committed.all == ["a"] && scene.fates.all == ["a released", "a accepted"])
        #expect(scene.statistics.failed == 0 && scene.told(.handlerFailed).isEmpty)
        try await eventually { scene.told(.inboxFailed).map(\.eventID) == ["a"] }
    }

    @Test("in vain until its time is over, since there is no room, loses no event either")
    func fullForLong() async throws {
        scene.inbox.failCompletions(StorageError(.full, "no room"))
        scene.deliver("a")
        let pool = try scene.pool(
            timeout: .seconds(10),
            .each { context in
                while true {
                    do {
                        try await scene.commit(context)
                        return .ack
                    } catch is StorageError {
                        try await SystemClock().sleep(until: .distantFuture)
                    }
                }
            }
        )
        let run = scene.start(pool)
        try await eventually { scene.clock.sleeperCount == 1 && scene.inbox.notes.count == 1 }
        scene.clock.advance(by: .seconds(10))
        await scene.fates.become(["a released"])
        try await eventually { scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .seconds(1))
        await run.value
        #expect(scene.fates.all == ["a released"] && scene.statistics.failed == 0 && scene.reports.inHand == 0)
    }

    @Test("in a batch and cannot, since there is no room, loses none of its events")
    func fullBatch() async throws {
        scene.inbox.failCompletions(StorageError(.full, "no room"))
        for id in ["a", "b"] { scene.deliver(id) }
        let pool = try scene.pool(
            .batch(upTo: 10) { contexts in for context in contexts { try await scene.commit(context) } }
        )
        let run = scene.start(pool)
        for id in ["a", "b"] {
            try await eventually { scene.fates.all.last == "\(id) released" && scene.clock.sleeperCount == 2 }
            scene.clock.advance(by: .seconds(1))
        }
        await run.value
        #expect(scene.fates.all == ["a released", "b released"] && scene.statistics.failed == 0)
        #expect(scene.committed.all.isEmpty)
    }

    @Test("in a batch and can commit none of it gives all of it back, and makes one pause", arguments: [true, false])
    func fullForAll(isInTime: Bool) async throws {
        scene.inbox.failCompletions(StorageError(.full, "no room"))
        let ids = (0..<10).map(String.init)
        for id in ids { scene.deliver(id) }
        let tries = Seen<String>()
        let pool = try scene.pool(
            timeout: .seconds(10),
            .batch(upTo: 10) { contexts in
                for context in contexts {
                    try? await scene.commit(context)
                    tries.add(context.eventID)
                }
                if !isInTime { try await SystemClock().sleep(until: .distantFuture) }
                throw Refused()
            }
        )
        let run = scene.start(pool)
        if !isInTime {
            try await eventually { tries.count == 10 && scene.clock.sleeperCount == 1 }
            scene.clock.advance(by: .seconds(10))
        }
        try await eventually { scene.fates.count == 10 && scene.clock.sleeperCount == 2 }
        scene.clock.advance(by: .seconds(1))
        await run.value
        #expect(scene.fates.all == ids.map { "\($0) released" } && tries.all == ids)
        #expect(scene.statistics.failed == 0 && scene.reports.inHand == 0)
        try await eventually { scene.told(.inboxFailed).count == 10 }
    }

    @Test(
        "what its store refuses, and is itself to blame, has failed",
        arguments: [StorageError.Code.constraint, .invalidStatement, .wrongTransaction, .invalidConfiguration]
    )
    func ownFault(code: StorageError.Code) async throws {
        scene.inbox.failCompletions(StorageError(code, "no such table"))
        scene.deliver("a")
        try await scene.run { context in
            try await scene.commit(context)
            return .ack
        }
        #expect(scene.fates.all == ["a buried: StorageError after 1"])
    }
}
