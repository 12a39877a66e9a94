package import Warren
package import WarrenRuntime

/// NDJSON on stdout; an event is taken when its line is written.
package final class OutputSink: Sink {
    package let name: String
    package let types: TopicPatternSet
    private let output: OutputThread

    /// The output belongs to the caller, who ends it.
    package init(name: String, types: [TopicPattern], output: OutputThread) {
        self.name = name
        self.types = TopicPatternSet(types)
        self.output = output
    }

    package var isPaced: Bool { true }

    package func take(_ events: [EventEnvelope]) async throws {
        do throws(OutputThread.Failure) {
            try await output.write(events.flatMap(\.line))
            try await output.flush()
        } catch {
            guard error != .cancelled else { throw error }
            // No event is to blame that nobody reads, and no later one will be read.
            throw HandlerHasRetired(reason: "sink '\(name)': \(error)")
        }
    }

    package func reopen() async throws -> String? { nil }

    package func close() async {}
}
