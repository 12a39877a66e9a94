import Testing
import Warren
import WarrenTesting

@Suite("An event that is published under an id of its own")
struct PublishedIDTests {
    private struct Paid: Event {
        static let type = "Order.Paid"
        var order: Int
    }

    @Test("has it, and without a correlation id passes it on")
    func own() async throws {
        let bus = try MemoryEventBus(service: "shop")
        let recorder = try EventRecorder(bus)
        let run = Task { try await bus.run() }
        try await bus.publish(Paid(order: 7), eventID: "payment-7")
        try await eventually("it is seen") { recorder.envelopes.count == 1 }
        let event = try #require(recorder.envelopes.first)
        #expect(event.eventID == "payment-7" && event.correlationID == "payment-7")
        run.cancel()
        try await run.value
    }

    @Test("may have none that is empty, or too long for a property", arguments: [0, 256])
    func refused(length: Int) async throws {
        let bus = try MemoryEventBus(service: "shop")
        let error = await #expect(throws: EventBusError.self) {
            try await bus.publish(Paid(order: 7), eventID: String(repeating: "x", count: length))
        }
        #expect(error?.code == .invalidEvent)
    }
}
