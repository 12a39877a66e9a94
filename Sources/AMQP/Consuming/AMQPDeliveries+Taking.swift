import WarrenRuntime

extension AMQPDeliveries {
    /// The next deliveries, in order, at least one and at most `limit`; for several tasks that share the work, since
    /// nothing is set aside for the one that asks.
    ///
    /// - Returns: none when the consumer has ended or was stopped, or the task is cancelled.
    /// - Throws: why the subscription cannot be kept.
    package func next(upTo limit: Int) async throws(AMQPError) -> [AMQPDelivery] {
        while !Task.isCancelled {
            var taken: [AMQPDelivery] = []
            let arrived = OneShot<Void>()
            let end = connection.perform { core, _ in
                core.takeDeliveries(channel, upTo: Swift.max(1, limit), into: &taken, orWake: arrived)
            }
            if let end {
                if end.code == .closed { return [] }
                throw end
            }
            guard taken.isEmpty else { return taken }
            await arrived.value(abandoningWith: ())
        }
        return []
    }

    /// Ends the sequence for all who iterate, and asks the broker to send no more.
    ///
    /// What was handed out may still be settled; the rest goes back with the consumer.
    package func stop() {
        connection.perform { core, effects in core.stopDeliveries(channel, into: &effects) }
    }
}
