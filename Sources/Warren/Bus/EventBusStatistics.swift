/// What a bus has counted since it was made.
public struct EventBusStatistics: Sendable, Hashable {
    /// Events that ``EventBus/send(_:)`` or a publish took.
    public var published = 0
    /// Of these, those that never left the process.
    public var keptLocal = 0
    /// Of these, those that the broker has confirmed.
    public var confirmed = 0
    /// Of the confirmed ones, those that no queue took.
    public var unrouted = 0
    /// Events shown to observers, each observer counted.
    public var observed = 0
    /// Events that observers lost in this process because they fell behind.
    ///
    /// What a broker drops from the queue of an observer that falls behind further, it tells nobody.
    public var overflowed = 0
    /// Events that subscriptions have dealt with, each subscription counted.
    public var handled = 0
    /// Attempts of handlers that failed.
    public var failed = 0
    /// Events that became dead letters.
    public var deadLettered = 0
    /// Events that were given back.
    public var released = 0
    /// Events in the memory of this process that no subscription will deal with: it was cancelled, or the bus ended.
    public var discarded = 0
    /// Events that went into the spool; those that went out of it since are confirmed too.
    public var spooled = 0
    /// Events that the spool has put aside, since the broker will never take them.
    public var parked = 0
    /// Events that came again after they were handled, and were not handled again: those that an inbox has found.
    public var duplicates = 0
    /// Events without an id, or with one that is no UUID and no source whose id it is: an inbox cannot tell those apart, and
    /// they were handled without it.
    public var unidentified = 0

    /// Nothing counted yet.
    public init() {}

    /// Both counts together.
    public static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.published += right.published
        sum.keptLocal += right.keptLocal
        sum.confirmed += right.confirmed
        sum.unrouted += right.unrouted
        sum.observed += right.observed
        sum.overflowed += right.overflowed
        sum.handled += right.handled
        sum.failed += right.failed
        sum.deadLettered += right.deadLettered
        sum.released += right.released
        sum.discarded += right.discarded
        sum.spooled += right.spooled
        sum.parked += right.parked
        sum.duplicates += right.duplicates
        sum.unidentified += right.unidentified
        return sum
    }
}
