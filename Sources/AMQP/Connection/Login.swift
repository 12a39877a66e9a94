import WarrenRuntime

/// What a client says of itself when it opens a connection.
struct Login: Sendable {
    /// `host:port`, for errors.
    let host: String
    let credentials: AMQPCredentials
    let vhost: String
    let connectionName: String
    /// What the program says of itself.
    var properties: AMQPTable = [:]
    let tuning: Tuning
    /// EXTERNAL: the identity is the TLS certificate's.
    let external: Bool

    var mechanism: String { external ? "EXTERNAL" : "PLAIN" }

    /// The SASL response (RFC 4616 for PLAIN).
    var response: [UInt8] {
        external ? [] : [0] + Array(credentials.user.utf8) + [0] + Array(credentials.password.utf8)
    }

    /// Everything the broker can tell us only if we say that we understand it.
    var clientProperties: AMQPTable {
        var table: AMQPTable = ["product": "Warren", "version": .string(Release.version), "platform": "Swift"]
        for entry in properties { table[entry.key] = entry.value }
        table["connection_name"] = .string(connectionName)
        table["capabilities"] = .table([
            "authentication_failure_close": true,
            "basic.nack": true,
            "connection.blocked": true,
            "consumer_cancel_notify": true,
            "exchange_exchange_bindings": true,
            "per_consumer_qos": true,
            "publisher_confirms": true,
        ])
        return table
    }
}
