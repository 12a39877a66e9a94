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

    @Test("keeps those of an inbox where it has one", arguments: EventBusConformance.inboxChecks, [true, false])
    func inbox(check: EventBusCheck, inPlace: Bool) async throws {
        try await Self.run(check, inbox: try .memory()) { if inPlace { $0.dispatch = .inPlace } }
    }

    private static func run(
        _ check: EventBusCheck,
        inbox: EventBusFixture.Inbox? = nil,
        configure: (inout MemoryEventBusConfiguration) -> Void
    ) async throws {
        var configuration = MemoryEventBusConfiguration()
        configuration.limits = check.limits
        configure(&configuration)
        let bus = try MemoryEventBus(service: "conformance", configuration: configuration, inbox: inbox?.store)
        var fixture = EventBusFixture(bus: bus, waitsForHandlers: configuration.dispatch == .inPlace) { name in
            bus.deadLetters(of: name)
        }
        fixture.inbox = inbox
        try await check.run(fixture)
    }
}
