/// What became of the dead letters that were to be requeued or discarded.
public struct DeadLetterReport: Sendable, Hashable {
    /// One that stayed where it is.
    public struct Kept: Sendable, Hashable {
        /// The event's id.
        public var id: String
        /// Why it stayed.
        public var reason: String

        /// Creates one.
        public init(id: String, reason: String) {
            self.id = id
            self.reason = reason
        }
    }

    /// The ids of the events that it is done for, in the order of their dead letters.
    public var ids: [String]
    /// Those that were meant and stayed, in their order.
    public var kept: [Kept]

    /// Creates a report, of nothing unless given.
    public init(ids: [String] = [], kept: [Kept] = []) {
        self.ids = ids
        self.kept = kept
    }

    /// Both reports together.
    public static func + (left: Self, right: Self) -> Self {
        DeadLetterReport(ids: left.ids + right.ids, kept: left.kept + right.kept)
    }
}
