import Testing
import Warren
import WarrenTesting

@Suite("An event recorder")
struct EventRecorderTests {
    private struct Sent: Event, Equatable {
        static let type = "Invoice.Sent"
        var number: Int
    }

    private struct Paid: Event {
        static let type = "Invoice.Paid"
    }

    private func bus(_ dispatch: MemoryEventBusConfiguration.Dispatch) throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        configuration.dispatch = dispatch
        return try MemoryEventBus(service: "billing", configuration: configuration)
    }

    @Test("has what was published, in order and by type")
    func inPlace() async throws {
        let bus = try bus(.inPlace)
        let recorder = try EventRecorder(bus)
        try await recorder.ready()
        for number in 1...3 { try await bus.publish(Sent(number: number)) }
        try await bus.publish(Paid(), correlationID: "c-1")
        #expect(try recorder.events(Sent.self) == [Sent(number: 1), Sent(number: 2), Sent(number: 3)])
        #expect(try recorder.events(Paid.self).count == 1)
        #expect(recorder.envelopes.map(\.eventType) == [Sent.type, Sent.type, Sent.type, Paid.type])
        #expect(recorder.envelopes.last?.correlationID == "c-1" && recorder.envelopes.last?.source == "billing")
    }

    @Test("waits for what comes, and says what did not")
    func waiting() async throws {
        let bus = try bus(.buffered)
        let recorder = try EventRecorder(bus, "Invoice.*")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bus.run() }
            try await bus.publish(Sent(number: 7))
            #expect(try await recorder.wait(for: Sent.self) == [Sent(number: 7)])
            await #expect(throws: WarrenTestingError.self) {
                _ = try await recorder.wait(for: Paid.self, within: .milliseconds(20))
            }
            group.cancelAll()
        }
    }

    @Test("records no more once it is gone, and is not kept alive by the bus")
    func end() async throws {
        let bus = try bus(.inPlace)
        weak var gone: EventRecorder?
        do {
            let recorder = try EventRecorder(bus)
            gone = recorder
            try await bus.publish(Sent(number: 1))
            #expect(recorder.envelopes.count == 1)
        }
        #expect(gone == nil)
        try await bus.publish(Sent(number: 2))
        #expect(bus.statistics.observed == 1)
    }
}
