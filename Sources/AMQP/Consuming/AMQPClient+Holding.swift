extension AMQPClient {
    /// Consumes a queue for one who looks at what it holds, and mostly settles none of it; until ``AMQPDeliveries/close()``.
    ///
    /// What cannot be read is handed out too, without its contents: rejected, it would be lost.
    ///
    /// - Parameters:
    ///   - queue: the queue.
    ///   - prefetch: how many messages are held at most, 1 to 65,535.
    /// - Returns: the messages.
    /// - Throws: as ``withConsumer(_:prefetch:acknowledgement:coalescingAcks:exclusive:noLocal:consumerTag:arguments:_:)``.
    package func hold(_ queue: String, prefetch: Int) async throws(AMQPError) -> AMQPDeliveries {
        try await consuming.subscribe(
            .queue(queue),
            Consumption(
                prefetch: prefetch,
                acknowledgement: .manual,
                coalescingAcks: .automatic,
                exclusive: false,
                noLocal: false,
                consumerTag: "",
                arguments: AMQPConsumerArguments(),
                keepsUnreadable: true
            )
        )
    }
}

extension AMQPDeliveries {
    /// Ends the consumer: what is not settled goes back; returns when the broker has closed its channel.
    package func close() async {
        await connection.remove(channel)
    }
}
