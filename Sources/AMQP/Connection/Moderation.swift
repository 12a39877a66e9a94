import WarrenRuntime

/// Decides whether the I/O thread lets small packets gather before it looks again, as a network card moderates its
/// interrupts.
///
/// Each wake-up and system call costs more than the one message it moves. Under load a short pause makes one call move
/// many; with few messages under way there is no pause, so a lone caller never waits.
struct Moderation {
    /// What a turn of the loop saw.
    struct Load: Equatable, Sendable {
        /// Messages, confirms and acks that came in.
        var received = 0
        /// Publishes without confirms that went out.
        var published = 0
        /// How many more messages may come before the broker has to hear from us.
        var inbound = 0
        /// How many more publishes of that size fit into the outbox.
        var outbound = 0
    }

    /// The shortest pause, in nanoseconds.
    static let pause: Int64 = 200_000

    /// The longest: with as much under way as it takes, a message spends many times that at the broker.
    static let longestPause: Int64 = 1_000_000

    /// The shortest pause must gather at least this many messages to be worth its own system call.
    private static let worthwhile = 4.0

    /// A pause may use at most this part of what can move without us.
    private static let share = 0.25

    private var lastTurn: MonotonicTime
    /// Messages per pause, over the last few turns.
    private var received = 0.0
    private var published = 0.0

    init(now: MonotonicTime) {
        lastTurn = now
    }

    /// Notes a turn of the loop.
    mutating func note(_ load: Load, now: MonotonicTime) {
        let pauses = Double(max(1, lastTurn.nanoseconds(until: now))) / Double(Self.pause)
        lastTurn = now
        // A turn weighs as much as it lasted, against a memory of two pauses.
        let weight = min(1, pauses / 2)
        received += (Double(load.received) / pauses - received) * weight
        published += (Double(load.published) / pauses - published) * weight
    }

    /// Whether so much moves that a pause may be worth it; otherwise nobody needs to count what may come.
    var isBusy: Bool { max(received, published) >= Self.worthwhile }

    /// How long to let messages gather now, in nanoseconds; `nil`: not at all.
    func pause(_ load: Load) -> Int64? {
        switch (pause(received, of: load.inbound), pause(published, of: load.outbound)) {
        case (let one?, let other?): min(one, other)
        case (let one, let other): one ?? other
        }
    }

    /// As long as it takes until a part of what can move without us has moved.
    private func pause(_ expected: Double, of available: Int) -> Int64? {
        guard expected >= Self.worthwhile else { return nil }
        let pauses = Double(available) * Self.share / expected
        guard pauses >= 1 else { return nil }
        return Int64(min(pauses * Double(Self.pause), Double(Self.longestPause)))
    }
}
