import Testing
import WarrenRuntime

@testable import Warren

@Suite("An occurrence")
struct OccurrenceTests {
    private func occurrence(_ event: some Event, correlationID: String? = nil) throws -> Occurrence {
        try Occurrence.publishing(
            event,
            service: "test",
            correlationID: correlationID,
            causationID: nil,
            subject: nil,
            metadata: nil
        )
    }

    @Test("has one id and one envelope, whoever asks first of however many")
    func stable() async throws {
        for number in 0..<200 {
            let occurrence = try occurrence(Counted(number))
            let ids = try await withThrowingTaskGroup(of: [String?].self) { group in
                for index in 0..<8 {
                    group.addTask {
                        switch index % 4 {
                        case 0: [occurrence.eventID]
                        case 1: [occurrence.correlationID]
                        case 2: [try occurrence.envelope().eventID, try occurrence.envelope().correlationID]
                        default: [try occurrence.throughJSON().eventID]
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(ids).count == 1)
            #expect(try occurrence.envelope() == occurrence.envelope())
        }
    }

    @Test("is the very value where it was published as one, and a value read where it was not")
    func values() throws {
        let event = Unwritable()
        let typed = try occurrence(event)
        #expect(try typed.decode(as: Unwritable.self).thing === event.thing)
        #expect(throws: EventError.self) { try typed.envelope() }
        #expect(throws: EventError.self) { try typed.decode(as: Counted.self) }
        let counted = try occurrence(Counted(7))
        #expect(try counted.decode() == Followed(number: 7))
        #expect(try counted.throughJSON().decode() == Counted(7))
    }

    @Test("keeps what it was published with")
    func context() throws {
        let occurrence = try occurrence(Counted(7), correlationID: "c")
        #expect(occurrence.correlationID == "c" && occurrence.eventID != "c")
        let envelope = try occurrence.envelope()
        #expect(envelope.correlationID == "c" && envelope.source == "test" && envelope.eventType == "Test.Counted")
        #expect(occurrence.correlationID == "c" && occurrence.version == "1")
        let foreign = Occurrence(EventEnvelope(eventID: "", eventType: "any thing", version: "7", payload: .null))
        #expect(foreign.eventID == "" && foreign.eventType == "any thing" && foreign.version == "7")
        #expect(foreign.correlationID == nil)
    }

    @Test("of a type that contradicts its version is refused")
    func contradiction() {
        struct Torn: Event {
            static let type = "Test.Torn.v2"
            static let version = "3"
        }
        let error = #expect(throws: EventBusError.self) { try occurrence(Torn()) }
        #expect(error?.code == .invalidEvent)
        #expect(error?.message == "the type 'Test.Torn.v2' contradicts its version '3'")
    }

    @Test("is read as the type that a handler wants only where it has the name of it")
    func name() throws {
        let payload = try EventPayload(json: Array(#"{"number":7}"#.utf8))
        let own = Occurrence(EventEnvelope(type: try EventType(Counted.type), source: "s", payload: payload))
        #expect(try own.decode(named: Counted.type) == Counted(7))
        let other = Occurrence(EventEnvelope(type: try EventType(Followed.type), source: "s", payload: payload))
        let error = #expect(throws: EventError.self) { () -> Counted in try other.decode(named: Counted.type) }
        #expect(error?.code == .undecodable)
        #expect(error?.message == "the event is an 'Test.Followed', not a 'Test.Counted'")
        // Whoever asks by hand knows why.
        #expect(try other.decode(as: Counted.self) == Counted(7))
    }
}
