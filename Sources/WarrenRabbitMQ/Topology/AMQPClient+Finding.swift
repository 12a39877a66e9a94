import AMQP

extension AMQPClient {
    /// Declares exchanges and queues; who may not declare one may still use what is there.
    ///
    /// - Throws: as ``AMQPClient/apply(_:onConflict:)``; the refusal also where there is nothing to be found.
    func applyOrFind(_ topology: Topology) async throws(AMQPError) {
        do throws(AMQPError) {
            try await apply(topology)
        } catch  where error.code == .accessRefused {
            let refusal = error
            do {
                try await withChannel(for: .consuming) { channel in
                    for entity in topology.entities {
                        switch entity {
                        case .exchange(let exchange): try await channel.checkExchange(exchange.name)
                        case .queue(let queue): _ = try await channel.queueStatus(queue.name)
                        // Nobody can ask for one: where it is missing, what is published comes back.
                        case .binding: break
                        }
                    }
                }
            } catch {
                throw refusal
            }
        }
    }
}
