import WarrenRuntime

/// What one connection needs to know, worked out from URL and configuration and checked.
struct ConnectionSettings: Sendable {
    let hosts: [AMQPURL.Host]
    let tls: TLSContext?
    /// What the URL says.
    let urlCredentials: AMQPCredentials
    let external: Bool
    let credentials: AMQPCredentialsProvider?
    let vhost: String
    let connectionName: String
    let clientProperties: AMQPTable

    let connectTimeout: Duration
    let operationTimeout: Duration
    let confirmTimeout: Duration
    let closeTimeout: Duration
    let consumerTimeout: Duration?
    let proposal: Tuning
    let maximumMessageSize: Int
    let outboxLimit: Int
    let backoff: Backoff
    let retriesFirst: Bool

    var frameMax: Int { Int(proposal.frameMax) }

    /// After how long a delivery is overdue: at four fifths of the broker's timeout there is time left to do something
    /// about it.
    var overdueAfter: Duration? { consumerTimeout.map { $0 / 5 * 4 } }

    init(url: AMQPURL, configuration: AMQPClientConfiguration, role: String) throws(AMQPError) {
        guard !url.hosts.isEmpty else { throw AMQPError(.invalidURL, "the URL names no host") }
        let heartbeat = url.heartbeat ?? configuration.heartbeat
        let frameMax = url.frameMax ?? configuration.frameMax
        let connectTimeout = url.connectionTimeout ?? configuration.connectTimeout
        try Self.check((4096...(16 << 20)).contains(Int(frameMax)), "frameMax must be 4,096 to 16 MiB, not \(frameMax)")
        try Self.check(heartbeat >= .zero && heartbeat <= .seconds(65535), "heartbeat must be 0 to 65,535 s")
        try Self.check(connectTimeout > .zero, "connectTimeout must be more than zero")
        try Self.check(configuration.operationTimeout > .zero, "operationTimeout must be more than zero")
        try Self.check(configuration.confirmTimeout > .zero, "confirmTimeout must be more than zero")
        try Self.check(configuration.closeTimeout >= .zero, "closeTimeout must not be negative")
        try Self.check(configuration.consumerTimeout ?? .seconds(1) > .zero, "consumerTimeout must be more than zero")
        try Self.check(configuration.maximumMessageSize > 0, "maximumMessageSize must be more than zero")
        try Self.check(configuration.outboxLimit > 0, "outboxLimit must be more than zero")
        try Self.check(
            AMQPPublisher.windows.contains(configuration.publishWindow),
            "publishWindow must be 1 to 1,048,576, not \(configuration.publishWindow)"
        )

        hosts = url.hosts
        tls = if let settings = url.tls { try TLSContext(settings) } else { nil }
        urlCredentials = AMQPCredentials(user: url.user, password: url.password)
        external = url.authMechanism == .external
        credentials = configuration.credentials
        vhost = url.vhost
        let name = configuration.connectionName ?? url.connectionName ?? CommandLine.arguments.first?.lastPathComponent
        connectionName = "\(name ?? "warren") (\(role))"
        clientProperties = try Self.checked(configuration.clientProperties)
        self.connectTimeout = connectTimeout
        operationTimeout = configuration.operationTimeout
        confirmTimeout = configuration.confirmTimeout
        closeTimeout = configuration.closeTimeout
        consumerTimeout = configuration.consumerTimeout
        proposal = Tuning(
            channelMax: url.channelMax ?? configuration.channelMax,
            frameMax: frameMax,
            heartbeat: UInt16(clamping: heartbeat.wholeUnits(of: .seconds(1)))
        )
        maximumMessageSize = configuration.maximumMessageSize
        outboxLimit = configuration.outboxLimit
        backoff = Backoff(
            initial: configuration.reconnect.initial,
            maximum: configuration.reconnect.maximum,
            multiplier: configuration.reconnect.multiplier
        )
        retriesFirst = configuration.reconnect.retriesFirst
    }

    func login(at host: AMQPURL.Host, as credentials: AMQPCredentials) -> Login {
        Login(
            host: host.description,
            credentials: credentials,
            vhost: vhost,
            connectionName: connectionName,
            properties: clientProperties,
            tuning: proposal,
            external: external
        )
    }

    /// Encodes them for trial: before the login a broker takes little, and its refusal would say nothing.
    private static func checked(_ clientProperties: AMQPTable) throws(AMQPError) -> AMQPTable {
        var encoder = MethodEncoder()
        var bytes = ByteBuffer()
        let method = ClientMethod.connectionStartOK(clientProperties: clientProperties, mechanism: "", response: [])
        do throws(AMQPError) {
            try encoder.append(method, channel: 0, frameMax: 2048, to: &bytes)
        } catch {
            throw AMQPError(.invalidConfiguration, "clientProperties: \(error.message)")
        }
        return clientProperties
    }

    private static func check(_ condition: Bool, _ message: String) throws(AMQPError) {
        guard condition else { throw AMQPError(.invalidConfiguration, message) }
    }
}

extension String {
    fileprivate var lastPathComponent: String {
        split(separator: "/").last.map(String.init) ?? self
    }
}
