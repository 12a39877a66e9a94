import Testing

@testable import Warren

/// Dead letters in numbers: each operation does what it is asked for them, or fails.
private struct Letters: DeadLetterStore {
    var ids: [String] = []
    var failure: EventBusError?

    private func answer<Value>(_ value: Value) throws(EventBusError) -> Value {
        if let failure { throw failure }
        return value
    }

    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        try answer([])
    }

    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        try answer([])
    }

    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try answer(DeadLetterReport(ids: Array(ids.prefix(limit))))
    }

    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport {
        try answer(DeadLetterReport(ids: Array(ids.prefix(limit))))
    }

    func purge() async throws(EventBusError) -> Int { try answer(ids.count) }
}

@Suite("The dead letters of a hybrid bus")
struct HybridDeadLetterTests {
    private static let lost = EventBusError(.unavailable, "no way to the broker")

    private func message(
        _ letters: HybridDeadLetters,
        _ body: (HybridDeadLetters) async throws -> Void
    ) async -> String? {
        await #expect(throws: EventBusError.self) { try await body(letters) }?.message
    }

    @Test("say what was done in this process when the broker's half fails")
    func countsOfLocalHalf() async {
        let letters = HybridDeadLetters(local: Letters(ids: ["a", "b"]), remote: Letters(failure: Self.lost))
        let requeued = await message(letters) { try await $0.requeue(.all) }
        #expect(requeued == "no way to the broker; 2 were requeued in this process before")
        let discarded = await message(letters) { try await $0.discard(.all) }
        #expect(discarded == "no way to the broker; 2 were discarded in this process before")
        let purged = await message(letters) { _ = try await $0.purge() }
        #expect(purged == "no way to the broker; 2 were purged in this process before")
        #expect(await message(letters) { _ = try await $0.list() } == "no way to the broker")
    }

    @Test("say nothing of that where nothing was done")
    func nothingDone() async {
        let unknown = EventBusError(.notFound, "unknown")
        for local in [Letters(), Letters(failure: unknown)] {
            let letters = HybridDeadLetters(local: local, remote: Letters(failure: Self.lost))
            #expect(await message(letters) { try await $0.requeue(.all) } == "no way to the broker")
        }
    }

    @Test("are those of one half where the other does not know the subscription")
    func oneHalf() async throws {
        let unknown = EventBusError(.notFound, "unknown")
        let letters = HybridDeadLetters(local: Letters(failure: unknown), remote: Letters(ids: ["a"]))
        #expect(try await letters.purge() == 1)
        let none = HybridDeadLetters(local: Letters(failure: unknown), remote: Letters(failure: unknown))
        #expect(await message(none) { _ = try await $0.purge() } == "unknown")
    }
}
