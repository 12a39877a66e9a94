import AMQP
import WarrenRuntime

/// How long to wait before what failed is tried again: as the client does for its connection.
struct Patience: Sendable {
    private let backoff: Backoff
    private let clock: any RuntimeClock

    init(_ reconnect: AMQPClientConfiguration.Reconnect, clock: any RuntimeClock) {
        backoff = Backoff(
            initial: reconnect.initial,
            maximum: reconnect.maximum,
            multiplier: reconnect.multiplier
        )
        self.clock = clock
    }

    /// Waits for one thing that is tried again and again.
    func waits() -> Waits { Waits(patience: self) }

    struct Waits: Sendable {
        fileprivate let patience: Patience
        private var attempt = 0

        fileprivate init(patience: Patience) {
            self.patience = patience
        }

        /// Waits before the next attempt.
        ///
        /// - Returns: whether the time has come; not when `stopping` or a cancellation came first.
        mutating func next(_ stopping: StopSignal) async -> Bool {
            attempt += 1
            let clock = patience.clock
            let delay = patience.backoff.delay(attempt: attempt)
            return await stopping.sleep(until: clock.now.advanced(by: delay), clock: clock)
        }
    }
}

extension StopSignal {
    /// Runs `body`, and cancels it when the signal comes.
    func cancelling(_ body: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await body() }
            group.addTask { await self.wait() }
            await group.next()
            group.cancelAll()
        }
    }
}
