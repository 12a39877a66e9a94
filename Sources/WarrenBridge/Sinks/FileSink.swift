package import Warren
package import WarrenRuntime

/// A file of NDJSON that grows; an event is taken when its line is on the disk.
package final class FileSink: Sink {
    package let name: String
    package let types: TopicPatternSet
    private let file: LineFile

    /// Opens the file.
    ///
    /// What a killed process left of a line is no JSON: it was never taken, so it comes again, and is cut off.
    package init(name: String, types: [TopicPattern], path: String) throws(LineFile.Failure) {
        self.name = name
        self.types = TopicPatternSet(types)
        file = try LineFile(path: path) { line in (try? EventPayload(json: line)) != nil }
    }

    /// What opening had to put right.
    package var repair: LineFile.Repair? { file.repair }

    /// A pipe has a reader.
    package var isPaced: Bool { !file.isRegular }

    package func take(_ events: [EventEnvelope]) async throws {
        try await file.append(events.flatMap(\.line))
    }

    package func reopen() async throws -> String? {
        try await file.reopen().map { "\($0)" }
    }

    package func close() async {
        await file.close()
    }
}
