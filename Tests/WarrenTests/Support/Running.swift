import Testing
import Warren
import WarrenRuntime
import WarrenTesting

/// Runs a bus for as long as `body` takes; then it has to end well.
func withRunning(_ bus: any EventBus, _ body: () async throws -> Void) async throws {
    let run = Task { try await bus.run() }
    do {
        try await body()
    } catch {
        run.cancel()
        _ = await run.result
        throw error
    }
    run.cancel()
    try await run.value
}

/// What several tasks of a test add to.
final class Seen<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }

    func add(_ element: Element) {
        elements.withLock { $0.append(element) }
    }
}

extension Seen where Element: Equatable {
    /// Waits until exactly these were added.
    func become(_ expected: [Element], sourceLocation: SourceLocation = #_sourceLocation) async {
        try? await eventually { count >= expected.count }
        #expect(all == expected, sourceLocation: sourceLocation)
    }
}

/// The events of a bus of some kind, from now on.
func listen(to bus: any EventBus, for kind: EventBusEvent.Kind) -> Seen<EventBusEvent> {
    let (stream, seen) = (bus.events, Seen<EventBusEvent>())
    // Ends with the bus.
    Task { for await event in stream where event.kind == kind { seen.add(event) } }
    return seen
}

/// The error that `body` throws, where it is one of a bus.
func busError(_ body: () async throws -> Void) async -> EventBusError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? EventBusError
    }
}
