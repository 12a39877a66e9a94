import AMQP
import WarrenRuntime

/// What a broker lets this user do, once there is a way to it.
struct SessionExamination {
    private static let limit = Duration.seconds(5)
    let url: AMQPURL
    let exchange: String
    let report: (Finding) async throws(CommandFailure) -> Void

    /// Reports each step; the first that fails is the last.
    func run() async throws {
        var configuration = AMQPClientConfiguration()
        configuration.reconnect.retriesFirst = false
        configuration.operationTimeout = Self.limit
        configuration.confirmTimeout = Self.limit
        let client = try AMQPClient(url: url, configuration: configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            // What ends it early is thrown by the operations too.
            group.addTask { try? await client.run() }
            defer { group.cancelAll() }
            do {
                try await client.withChannel { channel in
                    try await reportOpening(client.broker)
                    try await checkRoundTrip(client, channel)
                }
                try await checkExchange(client)
            } catch let error as AMQPError {
                try await reportFailure(error)
            }
        }
    }

    // MARK: - Steps

    private func reportOpening(_ broker: AMQPBrokerInfo?) async throws {
        if url.tls != nil { try await report(.ok(.tls, "the certificate is valid for the host")) }
        try await report(.ok(.login, "as user '\(url.user)'"))
        try await report(.ok(.vhost, "'\(url.vhost)'"))
        guard let broker else { return }
        let heartbeat =
            broker.heartbeat == .zero ? "no heartbeats" : "heartbeat \(broker.heartbeat.components.seconds) s"
        let limits = "frames up to \(broker.frameMax) bytes, \(broker.channelMax) channels, \(heartbeat)"
        let name = "\(broker.product ?? "unknown product") \(broker.version ?? "of unknown version")"
        try await report(.ok(.broker, "\(name), \(limits)"))
    }

    /// Declares a queue of its own, and sends a message through it.
    private func checkRoundTrip(_ client: AMQPClient, _ channel: AMQPChannel) async throws {
        let queue = try await channel.declareQueue(
            AMQPQueue("", .classic, durable: false, exclusive: true, autoDelete: true)
        )
        try await report(.ok(.permissions, "may declare a private queue"))
        let clock = SystemClock()
        let start = clock.now
        do {
            try await client.publish(AMQPMessage("warren doctor"), to: "", routingKey: queue.name)
        } catch {
            if case .blocked(let reason) = client.state {
                throw Finding.failed(.alarms, "the broker takes no messages: \(reason)")
            }
            throw error
        }
        let time = start.duration(until: clock.now).text(in: .milliseconds(1))
        _ = try await channel.deleteQueue(queue.name)
        try await report(.ok(.alarms, "none: a message was confirmed after \(time) ms"))
    }

    private func checkExchange(_ client: AMQPClient) async throws {
        do {
            try await client.withChannel { try await $0.checkExchange(exchange) }
            try await report(.ok(.exchange, "'\(exchange)' exists"))
        } catch let error as AMQPError where error.code == .notFound {
            try await report(.ok(.exchange, "'\(exchange)' does not exist; publish and tail declare it"))
        }
    }

    /// Files the error under the check that it belongs to; what comes before that went well.
    private func reportFailure(_ error: AMQPError) async throws {
        let tls: Finding? = url.tls == nil ? nil : .ok(.tls, "the certificate is valid for the host")
        let login = Finding.ok(.login, "as user '\(url.user)'")
        let (before, check): ([Finding?], Finding.Check) =
            switch error.code {
            case .tlsFailed: ([], .tls)
            case .loginRefused: ([tls], .login)
            case .vhostNotFound: ([tls, login], .vhost)
            case .accessRefused: ([], .permissions)
            default: ([], .amqp)
            }
        for finding in before.compactMap(\.self) { try await report(finding) }
        throw Finding.failed(check, error.message)
    }
}
