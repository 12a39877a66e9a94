package import Warren
package import WarrenRuntime

/// What a bridge has done so far.
package struct BridgeReport: Sendable {
    /// The service.
    package var service = ""
    /// What the source has read and handed over.
    package var input = InputCounts()
    /// What the bus has counted.
    package var bus = EventBusStatistics()
    /// How many events each sink has taken, in the order of the configuration.
    package var sinks: [(name: String, taken: Int)] = []
    /// Since the bridge began.
    package var elapsed = Duration.zero

    /// What came of the lines of the input.
    package struct InputCounts: Sendable, Hashable {
        /// Events read and handed over.
        package var accepted = 0
        /// Of these, those that are safe at the broker.
        package var confirmed = 0
        /// Of the confirmed ones, those that no queue took.
        package var unrouted = 0
        /// Of the accepted ones, those that are safe in the spool, or have gone out of it since.
        package var spooled = 0
        /// Of the accepted ones, those that stayed in this process.
        package var keptLocal = 0
        /// Sent again because nobody knew what had become of them, or because the broker refused them at first.
        package var resent = 0
        /// Lines that hold no event.
        package var bad = LineRanges()

        package init() {}
    }

    package init() {}

    /// The counts in one line.
    package var summary: String {
        var parts: [String] = []
        if input.accepted > 0 || input.bad.count > 0 {
            parts.append("read \(input.accepted) \(input.accepted == 1 ? "event" : "events")")
            parts.append(
                "confirmed \(input.confirmed)" + (input.unrouted > 0 ? " (no queue took \(input.unrouted))" : "")
            )
            if input.spooled > 0 { parts.append("spooled \(input.spooled)") }
            parts.append("kept local \(input.keptLocal)")
            if input.resent > 0 { parts.append("sent again \(input.resent)") }
            if input.bad.count > 0 { parts.append("\(input.bad.count) bad \(input.bad.count == 1 ? "line" : "lines")") }
        }
        for sink in sinks { parts.append("\(sink.name) took \(sink.taken)") }
        if bus.duplicates > 0 { parts.append("duplicates \(bus.duplicates)") }
        parts.append("dead-lettered \(bus.deadLettered)")
        if bus.parked > 0 { parts.append("parked \(bus.parked)") }
        return parts.joined(separator: ", ")
    }

    /// The counts as one JSON object.
    package var json: [UInt8] {
        var members = JSONMembers()
        func add(_ key: String, _ number: Int) { members.append(key: key, validJSON: "\(number)".utf8) }
        members.append(key: "service", text: service)
        add("published", input.accepted)
        add("confirmed", input.confirmed)
        add("unrouted", input.unrouted)
        add("spooled", input.spooled)
        add("kept_local", input.keptLocal)
        add("sent_again", input.resent)
        add("bad_lines", input.bad.count)
        var taken = JSONMembers()
        for sink in sinks { taken.append(key: sink.name, validJSON: "\(sink.taken)".utf8) }
        members.append(key: "sinks", validJSON: taken.json())
        add("failed", bus.failed)
        add("dead_lettered", bus.deadLettered)
        add("duplicates", bus.duplicates)
        add("parked", bus.parked)
        let (seconds, attoseconds) = elapsed.components
        add("elapsed_ms", Int(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000))
        return members.json()
    }
}
