import WarrenBridge

/// Configurations as texts, and what becomes of them.
enum ConfigurationText {
    static func parsed(
        _ text: String,
        environment: [String: String] = [:]
    ) throws(ConfigurationError) -> BridgeConfiguration {
        try BridgeConfiguration.parse(text: text, file: "f", environment: environment)
    }

    /// The errors without the file's name; none if the text is right.
    static func problems(_ text: String, environment: [String: String] = [:]) -> [String] {
        do throws(ConfigurationError) {
            _ = try parsed(text, environment: environment)
            return []
        } catch {
            return error.description.split(separator: "\n").map { line in
                String(line.hasPrefix("f:") ? line.dropFirst(2) : line)
            }
        }
    }

    /// The warnings without the file's name.
    static func warnings(_ text: String) throws(ConfigurationError) -> [String] {
        try parsed(text).warnings.map { String($0.description.dropFirst(2)) }
    }

    /// As the documentation has it, with every section.
    static let example = """
        service: billing-service
        events:
          eventbus: { type: hybrid, async_enabled: true, max_handlers: 100, timeout: 30s }   # memory | rabbitmq | hybrid
          memory: { buffer_size: 1000 }
          rabbitmq:
            url: amqp://guest:guest@localhost:5672/
            exchanges: { events: { type: topic, durable: true } }
            queues: { prefix: "", durable: true, type: quorum }
          local_only: [user.logged_in, user.logged_out]
          rules: [{ types: ["metrics.#"], route: remote }]
        event_routing:                       # event type -> the services that receive it
          Order.Created: [inventory-service, billing-service]
        retry: { max_attempts: 3, initial_delay: 1s, multiplier: 2, max_delay: 30s }
        store: { sqlite: ./warren.db }       # or postgres: postgres://… ; the spool is always SQLite
        bridge:
          sources:
            stdin: {}                                    # NDJSON, one event a line
            unix: { path: ./warren.sock }
            http: { listen: 127.0.0.1:7070 }
          sinks:
            - { name: audit, types: ["#"], file: ./audit.ndjson }
            - { name: orders, types: ["Order.*"], webhook: { url: "http://127.0.0.1:9000/orders" } }
            - { name: out, types: ["device.*"], stdout: {} }
        """
}
