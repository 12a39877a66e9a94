import Testing
import Warren
import WarrenTesting

@Suite("A bus in memory")
struct MemoryConformanceTests {
    static let checks = EventBusConformance.checks + EventBusConformance.deadLetterChecks

    @Test("keeps every promise of a bus", arguments: checks)
    func buffered(check: EventBusCheck) async throws {
        try await Self.run(check) { _ in }
    }

    @Test("keeps them where a publish waits for handlers", arguments: checks)
    func inPlace(check: EventBusCheck) async throws {
        try await Self.run(check) { $0.dispatch = .inPlace }
    }

    @Test("keeps them where events go through JSON", arguments: checks)
    func throughJSON(check: EventBusCheck) async throws {
        try await Self.run(check) { $0.forcesJSON = true }
    }

    @Test("keeps them in place and through JSON", arguments: checks)
    func inPlaceThroughJSON(check: EventBusCheck) async throws {
        try await Self.run(check) { ($0.dispatch, $0.forcesJSON) = (.inPlace, true) }
    }

    private static func run(_ check: EventBusCheck, configure: (inout MemoryEventBusConfiguration) -> Void) async throws
    {
        var configuration = MemoryEventBusConfiguration()
        configuration.limits = check.limits
        configure(&configuration)
        let bus = try MemoryEventBus(service: "conformance", configuration: configuration)
        try await check.run(
            EventBusFixture(bus: bus, waitsForHandlers: configuration.dispatch == .inPlace) { bus.deadLetters(of: $0) }
        )
    }
}
