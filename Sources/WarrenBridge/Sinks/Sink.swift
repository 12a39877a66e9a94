package import Warren

/// Where events leave the bridge.
package protocol Sink: Sendable {
    /// Its name in the configuration.
    var name: String { get }

    /// Which events it takes.
    var types: TopicPatternSet { get }

    /// Whether a reader at the other end sets the pace: that it pauses, for however long, is no failure.
    var isPaced: Bool { get }

    /// Takes events in their order; returns when the target has them, all of them.
    func take(_ events: [EventEnvelope]) async throws

    /// Goes on with what its path names now.
    ///
    /// - Returns: what is to be said of it.
    /// - Throws: why it goes on with what it had.
    func reopen() async throws -> String?

    /// Lets go of the target.
    func close() async
}

extension EventEnvelope {
    /// The event as one line of NDJSON; its data are the bytes they were.
    var line: [UInt8] { JSONText.onOneLine(json()) + [UInt8(ascii: "\n")] }
}
