import AMQP
import Warren
import WarrenRuntime

extension RabbitMQEventBus {
    package var hasSpool: Bool { spooler != nil }

    /// Whether everything that was published has gone to the broker, as far as it was taken; always without a spool.
    package var hasEmptySpool: Bool { spooler?.isEmpty ?? true }

    /// Fills the spool and empties it, until the spooler is closed and the client has ended; not to be cancelled.
    func runSpooler() async {
        guard let spooler else { return }
        let timeout = configuration.publishTimeout
        let way = Spooler.Way(
            send: { entry throws(EventBusError) in
                try await self.publish(try OutgoingEvent(entry), within: timeout, isNew: false)
            },
            opens: { stopping in
                await stopping.cancelling { await self.waitForWay() }
            }
        )
        async let writing: Void = spooler.write()
        async let watching: Void = watch(client, spooler)
        await spooler.run(way)
        await watching
        await writing
    }

    /// What waits in the spool goes out when the broker can take it, and not before the bus's own subscriptions can have it.
    private func waitForWay() async {
        try? await exchange.ready()
        for await state in client.states {
            if case .open = state { break }
        }
        for subscription in subscriptions.withLock({ Array($0.values) }) { try? await subscription.readyAtLast() }
    }

    /// Tells the spooler at once when the way is gone, so that nobody waits for that first.
    private func watch(_ client: AMQPClient, _ spooler: Spooler) async {
        for await state in client.states {
            switch state {
            case .connecting(_, let cause?): spooler.begin(because: cause.message)
            case .blocked(let reason): spooler.begin(because: "the broker takes no publishes: \(reason)")
            case .connecting(_, nil), .open, .closed: continue
            }
        }
    }
}
