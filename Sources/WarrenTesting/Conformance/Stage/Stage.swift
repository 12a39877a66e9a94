internal import Warren
internal import WarrenRuntime

/// A fixture at work: what a check does with it, and what has to end after it.
final class Stage: Sendable {
    private struct State {
        var runs: [RunningBus] = []
        var background: [Task<Void, any Error>] = []
    }

    let fixture: EventBusFixture
    private let state = Locked(State())

    init(_ fixture: EventBusFixture) {
        self.fixture = fixture
    }

    var bus: any EventBus { fixture.bus }

    /// The second instance; the bus itself where there is none.
    var elsewhere: any EventBus { fixture.second ?? fixture.bus }

    var patience: Duration { fixture.patience }

    // MARK: - Life

    /// Runs all instances, and waits for the subscriptions to be ready.
    func start(_ subscriptions: EventSubscription...) async throws {
        let runs = ([bus] + [fixture.second].compactMap { $0 }).map { RunningBus($0) }
        state.withLock { $0.runs = runs }
        try await ready(subscriptions)
    }

    func ready(_ subscriptions: [EventSubscription]) async throws {
        for subscription in subscriptions {
            try await soon("'\(subscription.name)' is ready") { try await subscription.ready() }
        }
    }

    func ready(_ subscription: EventSubscription) async throws {
        try await ready([subscription])
    }

    /// Cancels the run of the first instance, and waits for its end.
    func stopBus() async throws {
        guard let run = state.withLock({ $0.runs.isEmpty ? nil : $0.runs.removeFirst() }) else { return }
        try await run.stop(within: patience)
    }

    /// Cancels all runs, and waits for nothing.
    func cancelRuns() {
        for run in state.withLock({ $0.runs }) { run.cancel() }
    }

    /// Ends everything; what runs longer than it may is a failure.
    func end() async throws {
        let (runs, background) = state.withLock { state in
            defer { (state.runs, state.background) = ([], []) }
            return (state.runs, state.background)
        }
        for task in background { task.cancel() }
        for run in runs { run.cancel() }
        for run in runs { try await run.stop(within: patience) }
    }

    // MARK: - Background work

    /// Does something beside the check; the check fails if it throws.
    func inBackground(_ work: @escaping @Sendable () async throws -> Void) {
        let task = Task { try await work() }
        state.withLock { $0.background.append(task) }
    }

    /// Waits for what was begun in the background.
    func finishBackgroundWork() async throws {
        while true {
            let tasks = state.withLock { state in
                defer { state.background = [] }
                return state.background
            }
            guard !tasks.isEmpty else { return }
            for task in tasks {
                try await soon("an end of what goes on in the background") { try await task.value }
            }
        }
    }

    /// Publishes events one after the other; where a publish waits for handlers, it does so in the background.
    ///
    /// For checks whose handlers wait for something: the events keep their order only where no publish waits.
    func publish(_ events: [Noted]) async throws {
        let bus = bus
        guard fixture.waitsForHandlers else {
            for event in events { try await bus.publish(event) }
            return
        }
        for event in events { inBackground { try await bus.publish(event) } }
    }

    func publish(_ events: Noted...) async throws {
        try await publish(events)
    }

    /// Publishes in the background an event whose handler may outlive the bus: what becomes of the publish is open.
    func publishUntilEnd(_ event: Noted) {
        let bus = bus
        inBackground { _ = try? await bus.publish(event) }
    }

    /// Listens until the bus ends.
    func watch(_ events: AsyncStream<EventBusEvent>, _ look: @escaping @Sendable (EventBusEvent) -> Void) {
        Task { for await event in events { look(event) } }
    }

    // MARK: - Looking

    /// Waits until a condition holds.
    func eventually(_ what: String, seen: () -> String = { "it does not" }, _ condition: () async -> Bool) async throws
    {
        do {
            try await WarrenTesting.eventually(what, within: patience, condition)
        } catch is WarrenTestingError {
            throw ConformanceFailure("within \(patience): \(what)", seen: seen())
        }
    }

    /// Waits for so many dead letters, and fails if there are more.
    func deadLetters(of name: String, count: Int = 1) async throws -> [DeadLetter] {
        let clock = SystemClock()
        let deadline = clock.now.advanced(by: patience)
        var letters = try await fixture.deadLetters(name)
        while letters.count < count, clock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            letters = try await fixture.deadLetters(name)
        }
        let errors = letters.map { "\($0.event.eventType) \($0.failure)" }
        try expect("\(count) dead letters of '\(name)'", letters.count == count, seen: "\(letters.count): \(errors)")
        return letters
    }

    /// Fails when there is a dead letter.
    func noDeadLetters(of name: String) async throws {
        _ = try await deadLetters(of: name, count: 0)
    }

    /// Fails when `body` takes longer than the fixture has patience.
    func soon(_ what: String, _ body: @escaping @Sendable () async throws -> Void) async throws {
        let end = Record<Result<Void, any Error>>(self)
        let task = Task {
            do {
                try await body()
                end.add(.success(()))
            } catch {
                end.add(.failure(error))
            }
        }
        defer { task.cancel() }
        try await eventually(what) { !end.all.isEmpty }
        try end.all.first?.get()
    }
}
