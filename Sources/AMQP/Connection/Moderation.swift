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

    /// How long packets gather, in nanoseconds.
    static let pause: Int64 = 200_000

    /// A pause must gather at least this many messages to be worth its own system call.
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

    /// Whether to let messages gather now.
    func shouldPause(_ load: Load) -> Bool {
        gathers(received, of: load.inbound) || gathers(published, of: load.outbound)
    }

    private func gathers(_ expected: Double, of available: Int) -> Bool {
        expected >= Self.worthwhile && expected <= Double(available) * Self.share
    }
}
