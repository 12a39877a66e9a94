package import Warren
package import WarrenRuntime

/// A line of NDJSON that is to be published, as `warren bridge` and `warren publish` take it.
package enum EventLine {
    /// The longest line taken, in bytes.
    ///
    /// RabbitMQ 4 takes messages of up to 16 MiB, and an event has members that its line may leave out.
    package static let maximumLength = (16 << 20) - (64 << 10)

    /// The member in which `warren tail` prints what an envelope does not say.
    package static let aside = "amqp"

    /// The event in a line, without what `warren tail` has added.
    ///
    /// - Parameters:
    ///   - line: the line.
    ///   - source: the source of an event that does not say its own.
    /// - Returns: the event; `nil` when the line is blank, which says nothing wrong.
    /// - Throws: why the line holds no event that could be published.
    package static func event(in line: LineSplitter.Line, source: String) throws(EventError) -> EventEnvelope? {
        guard case .text(let bytes) = line else {
            throw EventError(.invalidEnvelope, "longer than \(maximumLength >> 10) KiB")
        }
        guard bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return nil }
        var event = try EventEnvelope(completing: bytes, source: source)
        event.further.remove(aside)
        return event
    }
}
