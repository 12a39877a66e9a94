/// The optional arguments of a consumer, by their meaning.
///
/// `nil` leaves the broker's default.
public struct AMQPConsumerArguments: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// `x-priority`: of the consumers with room, the broker sends to the one with the highest; default 0.
    public var priority: Int?
    /// `x-stream-offset`: where in a stream to begin.
    ///
    /// A consumer of a stream names one if it shall go on where it stopped after a reconnect.
    public var streamOffset: AMQPStreamOffset?
    /// Anything else, as it stands.
    public var other: AMQPTable

    /// Creates no arguments.
    public init() {
        self.init(other: [:])
    }

    /// Creates arguments.
    public init(priority: Int? = nil, streamOffset: AMQPStreamOffset? = nil, other: AMQPTable = [:]) {
        self.priority = priority
        self.streamOffset = streamOffset
        self.other = other
    }

    /// Arguments by their names on the wire.
    public init(dictionaryLiteral elements: (String, AMQPValue)...) {
        self.init(other: AMQPTable(elements.map { AMQPTable.Entry(key: $0.0, value: $0.1) }))
    }

    /// What is sent.
    var table: AMQPTable {
        var table = AMQPTable()
        priority.map { table["x-priority"] = .int64(Int64($0)) }
        streamOffset.map { table[AMQPStreamOffset.key] = $0.value }
        for entry in other { table[entry.key] = entry.value }
        return table
    }
}
