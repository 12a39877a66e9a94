import Testing
import Warren
import WarrenTesting

@Suite("Retries on a bus in memory, by a clock that a test moves")
struct MemoryRetryTests {
    private struct Unlucky: Error {}

    private let clock = ManualClock()
    /// When each attempt began.
    private let attempts = Seen<Duration>()

    private func bus(_ change: (inout MemoryEventBusConfiguration) -> Void = { _ in }) throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        change(&configuration)
        return try MemoryEventBus(service: "test", configuration: configuration, clock: clock)
    }

    /// Waits until the next attempt is waited for, and lets it begin; then the next waits of the same event follow.
    private func pass(_ waits: [Duration]) async throws {
        for wait in waits {
            try await clock.sleeper(for: wait)
            clock.advance(by: wait - .nanoseconds(1))
            #expect(clock.sleepers.contains(.nanoseconds(1)))
            clock.advance(by: .nanoseconds(1))
        }
    }

    @Test("A handler that fails twice and then succeeds runs three times, exactly at the policy's steps")
    func thirdTime() async throws {
        let bus = try bus()
        try bus.subscribe(Counted.self, as: "third", retry: .exponential(maxAttempts: 5)) { _, context in
            attempts.add(clock.now.elapsed)
            if context.attempt < 3 { throw Unlucky() }
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await pass([.seconds(1), .seconds(2)])
            await bus.drain()
        }
        #expect(attempts.all == [.zero, .seconds(1), .seconds(3)])
        #expect(bus.statistics.handled == 1 && bus.statistics.failed == 2)
        #expect(bus.deadLetters(of: "third").isEmpty)
    }

    @Test("A handler that always fails runs as often as the policy has it, hours apart, and leaves a dead letter")
    func always() async throws {
        let bus = try bus()
        let policy = RetryPolicy.fixed(maxAttempts: 4, delay: .seconds(7200))
        try bus.subscribe(Counted.self, as: "always", retry: policy) { _, _ in
            attempts.add(clock.now.elapsed)
            throw Unlucky()
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await pass(Array(repeating: .seconds(7200), count: 3))
            await bus.drain()
        }
        #expect(attempts.all == [0, 7200, 14_400, 21_600].map { .seconds($0) })
        let failure = try #require(bus.deadLetters(of: "always").first).failure
        #expect(failure.attempts == 4 && failure.errorType == "Unlucky")
        let between = failure.lastFailedAt.milliseconds - failure.firstFailedAt.milliseconds
        #expect(between == 21_600_000)
    }

    @Test("A handler that takes too long is cancelled at its timeout, and retried")
    func timeout() async throws {
        let bus = try bus { $0.limits.timeout = .seconds(60) }
        let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(5))
        try bus.subscribe(Counted.self, as: "slow", retry: policy) { _, context in
            attempts.add(clock.now.elapsed)
            if context.attempt == 1 { try await clock.sleep(for: .seconds(3600)) }
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await clock.sleeper(for: .seconds(3600))
            clock.advance(by: .seconds(60))
            try await clock.sleeper(for: .seconds(5))
            #expect(!clock.sleepers.contains(.seconds(3540)), "the handler was cancelled")
            clock.advance(by: .seconds(5))
            await bus.drain()
        }
        #expect(attempts.all == [.zero, .seconds(65)])
        #expect(bus.statistics.handled == 1 && bus.statistics.failed == 1)
    }

    @Test("A handler that asks for another attempt gets it when it wants it, as long as the policy has attempts")
    func asked() async throws {
        let bus = try bus()
        try bus.subscribe(
            Counted.self,
            as: "asking",
            retry: .immediate(2),
            deciding: { _, context in
                attempts.add(clock.now.elapsed)
                return .retry(after: .seconds(context.attempt * 100))
            }
        )
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await pass([.seconds(100), .seconds(200)])
            await bus.drain()
        }
        #expect(attempts.all == [.zero, .seconds(100), .seconds(300)])
        #expect(bus.deadLetters(of: "asking").first?.failure.errorType == "retry")
    }

    @Test("A publish that waits for handlers waits for their retries too")
    func inPlace() async throws {
        let bus = try bus { $0.dispatch = .inPlace }
        let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(10))
        try bus.subscribe(Counted.self, as: "second", retry: policy) { _, context in
            attempts.add(clock.now.elapsed)
            if context.attempt == 1 { throw Unlucky() }
        }
        try await withRunning(bus) {
            let publish = Task { try await bus.publish(Counted(1)) }
            try await pass([.seconds(10)])
            #expect(try await publish.value == .local)
        }
        #expect(attempts.all == [.zero, .seconds(10)])
    }
}
