import AMQP
import Warren
import WarrenRuntime

extension RabbitMQEventBus {
    package var hasSpool: Bool { spooler != nil }

    /// Whether everything that was published has gone to the broker, as far as it was taken; always without a spool.
    package var hasEmptySpool: Bool { spooler?.isEmpty ?? true }

    /// How long events in the spool wait for the queues of the bus's own subscriptions.
    private static var queuePatience: Duration { .seconds(5) }

    /// Fills the spool and empties it, until the spooler is closed and the client has ended; not to be cancelled.
    func runSpooler() async {
        guard let spooler else { return }
        let timeout = configuration.publishTimeout
        let late = Locked(Set<ObjectIdentifier>())
        let way = Spooler.Way(
            send: { entry throws(EventBusError) in
                try await self.publish(try OutgoingEvent(entry), within: timeout, isSpooled: true)
            },
            opens: { stopping in
                await stopping.cancelling { await self.waitForWay(late) }
            }
        )
        async let writing: Void = spooler.write()
        async let watching: Void = watch(client, spooler)
        await spooler.run(way)
        await watching
        await writing
    }

    /// What waits in the spool goes out when the broker can take it, and not before the bus's own subscriptions can have it.
    ///
    /// - Parameter late: the subscriptions that were waited for in vain; nothing waits for them again.
    private func waitForWay(_ late: borrowing Locked<Set<ObjectIdentifier>>) async {
        try? await exchange.ready()
        for await state in client.states {
            if case .open = state { break }
        }
        var waiting = subscriptions.withLock { $0 }.filter { id, _ in !late.withLock { $0.contains(id) } }
        guard !waiting.isEmpty else { return }
        await withTaskGroup(of: ObjectIdentifier?.self) { [clock] group in
            for (id, subscription) in waiting {
                group.addTask {
                    try? await subscription.readyAtLast()
                    return id
                }
            }
            group.addTask {
                try? await clock.sleep(until: clock.now.advanced(by: Self.queuePatience))
                return nil
            }
            while !waiting.isEmpty, let id = await group.next() ?? nil { waiting[id] = nil }
            group.cancelAll()
        }
        guard !Task.isCancelled else { return }
        late.withLock { $0.formUnion(waiting.keys) }
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
