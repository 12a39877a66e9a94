import AMQP
import Warren

/// What the commands want of a broker, in their terms.
struct Broker: Sendable {
    let client: AMQPClient
    let address: BrokerAddress

    /// Lends a client for as long as `body` runs; the connection is closed after it, whichever way it ends.
    static func use<Result: Sendable>(
        _ address: BrokerAddress,
        _ console: Console,
        _ body: (Broker) async throws -> Result
    ) async throws(CommandFailure) -> Result {
        do {
            var configuration = AMQPClientConfiguration()
            // Somebody waits at the prompt: say at once that there is no way.
            configuration.reconnect.retriesFirst = false
            return try await AMQPClient.withClient(url: address.url, configuration: configuration) { client in
                let broker = Broker(client: client, address: address)
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { await broker.narrate(to: console) }
                    defer { group.cancelAll() }
                    return try await body(broker)
                }
            }
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Declares the exchange, unless there is one of that name: then it is used as it is, of whatever type.
    func prepareExchange() async throws(CommandFailure) {
        // The default exchange is always there, and nobody may declare it.
        guard !address.exchange.isEmpty else { return }
        do {
            do {
                try await client.withChannel { try await $0.checkExchange(address.exchange) }
            } catch let error as AMQPError where error.code == .notFound {
                try await client.apply(Topology([.exchange(AMQPExchange(address.exchange, .topic))]))
            }
        } catch {
            throw CommandFailure(error)
        }
    }
}
