import AMQP
import Warren
import WarrenRuntime

extension RabbitMQEventBus {
    package var hasSpool: Bool { spooler != nil }

    /// Whether everything that was published has gone to the broker, as far as it was taken; always without a spool.
    package var hasEmptySpool: Bool { spooler?.isEmpty ?? true }

    /// How long events in the spool wait for the queues of the bus's own subscriptions.
    private static var queuePatience: Duration { .seconds(5) }

    /// What is known of the way to the broker.
    private struct WayKnowledge {
        /// The subscriptions that were waited for in vain: nothing waits for them again.
        var late: [ObjectIdentifier: EventSubscription] = [:]
        /// How often the connection was lost.
        var losses = 0
    }

    /// Fills the spool and empties it, until the spooler is closed and the client has ended; not to be cancelled.
    func runSpooler() async {
        guard let spooler else { return }
        let timeout = configuration.publishTimeout
        let knowledge = Locked(WayKnowledge())
        let way = Spooler.Way(
            send: { entry throws(EventBusError) in
                try await self.publish(try OutgoingEvent(entry), within: timeout, isSpooled: true)
            },
            opens: { stopping in
                await stopping.cancelling { await self.waitForWay(knowledge) }
            }
        )
        async let writing: Void = spooler.write()
        async let watching: Void = watch(client, spooler, knowledge)
        await spooler.run(way)
        await watching
        await writing
    }

    /// What waits in the spool goes out when the broker can take it, and not before the bus's own subscriptions can have it.
    private func waitForWay(_ knowledge: borrowing Locked<WayKnowledge>) async {
        try? await exchange.ready()
        for await state in client.states {
            if case .open = state { break }
        }
        let (late, losses) = knowledge.withLock { ($0.late, $0.losses) }
        let awaited = subscriptions.withLock { $0 }.filter { late[$0] == nil && !$1.isSettled }
        guard !awaited.isEmpty else { return }
        await withTaskGroup(of: Void.self) { group in
            for subscription in awaited.values {
                group.addTask { try? await subscription.ready(within: Self.queuePatience) }
            }
        }
        knowledge.withLock { knowledge in
            // What a lost connection has kept waiting is not late.
            guard knowledge.losses == losses, !Task.isCancelled else { return }
            for (id, subscription) in awaited where !subscription.isSettled { knowledge.late[id] = subscription }
        }
    }

    /// Tells the spooler at once when the way is gone, so that nobody waits for that first.
    private func watch(_ client: AMQPClient, _ spooler: Spooler, _ knowledge: borrowing Locked<WayKnowledge>) async {
        for await state in client.states {
            switch state {
            case .connecting(_, let cause?):
                knowledge.withLock { $0.losses += 1 }
                spooler.begin(because: cause.message)
            case .blocked(let reason): spooler.begin(because: "the broker takes no publishes: \(reason)")
            case .connecting(_, nil), .open, .closed: continue
            }
        }
    }
}
