import Synchronization
import Warren

/// The bus within this process: no broker, no connection.
extension Run {
    private struct Measured: Event {
        static let type = "Bench.Measured"
        let number: Int
        let text: String
    }

    /// How often handlers were called.
    private final class Calls: Sendable {
        let count = Atomic(0)
    }

    /// Values to handlers of their type, in the task that publishes; each publish is awaited.
    func publishInPlace(observers: Int = 1) async throws -> Result {
        let bus = try MemoryEventBus(service: "bench", configuration: configuration(.inPlace))
        let calls = Calls()
        for _ in 0..<observers {
            try bus.observe(Measured.self) { _, _ in calls.count.wrappingAdd(1, ordering: .relaxed) }
        }
        let text = String(repeating: "x", count: size)
        let measurement = Measurement()
        for number in 0..<count {
            try await bus.publish(Measured(number: number, text: text))
        }
        return try result(measurement, calls, expected: count * observers)
    }

    /// Envelopes to a handler of envelopes, in the task that publishes.
    func publishEnvelopesInPlace() async throws -> Result {
        let bus = try MemoryEventBus(service: "bench", configuration: configuration(.inPlace))
        let calls = Calls()
        try bus.observe("#") { _, _ in calls.count.wrappingAdd(1, ordering: .relaxed) }
        let json = Array("\"\(String(repeating: "x", count: size))\"".utf8)
        let payload = try EventPayload(json: json)
        let envelope = EventEnvelope(type: try EventType(Measured.type), source: "bench", payload: payload)
        let measurement = Measurement()
        for _ in 0..<count { try await bus.publish(envelope) }
        return try result(measurement, calls, expected: count)
    }

    /// Values to a subscription's queue, which its handler works off in a task of its own; nothing may be lost.
    func publishBuffered() async throws -> Result {
        let bus = try MemoryEventBus(service: "bench", configuration: configuration(.buffered))
        let calls = Calls()
        let (done, finish) = AsyncStream.makeStream(of: Void.self)
        let last = count
        try bus.subscribe(Measured.self, as: "bench") { _, _ in
            if calls.count.wrappingAdd(1, ordering: .relaxed).newValue == last { finish.finish() }
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await bus.run() }
            let text = String(repeating: "x", count: size)
            let measurement = Measurement()
            for number in 0..<count {
                try await bus.publish(Measured(number: number, text: text))
            }
            for await _ in done {}
            let result = try result(measurement, calls, expected: count)
            group.cancelAll()
            return result
        }
    }

    private func configuration(_ dispatch: MemoryEventBusConfiguration.Dispatch) -> MemoryEventBusConfiguration {
        var configuration = MemoryEventBusConfiguration()
        configuration.dispatch = dispatch
        configuration.bufferSize = inFlight
        return configuration
    }

    private func result(_ measurement: Measurement, _ calls: Calls, expected: Int) throws -> Result {
        let result = measurement.result(self)
        let called = calls.count.load(ordering: .relaxed)
        guard called == expected else { throw BenchError("handlers were called \(called) times, not \(expected)") }
        return result
    }
}
