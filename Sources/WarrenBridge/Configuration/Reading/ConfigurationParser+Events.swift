import AMQP
import Warren

extension ConfigurationParser {
    mutating func readEvents(_ section: inout ConfigurationSection) {
        _ = section.value("eventbus")?.section { readEventBus(&$0) }
        _ = section.value("memory")?.section { section in
            section.read("buffer_size", into: &configuration.memory.bufferSize) { $0.integer(in: 1...1_000_000) }
        }
        _ = section.value("rabbitmq")?.section { readRabbitMQ(&$0) }
        places.localOnly = section.value("local_only")?.patterns() ?? []
        configuration.localOnly = places.localOnly.map(\.value)
        for rule in section.value("rules")?.elements(expected: "a list of rules") ?? [] { readRule(rule) }
        // Files are shared with services that use it; what is in it is theirs.
        if let kafka = section.value("kafka"), kafka.entries(expected: "a mapping") == nil { return }
    }

    private mutating func readEventBus(_ section: inout ConfigurationSection) {
        let buses = BridgeConfiguration.BusKind.allCases.map(\.rawValue).listed(by: "or")
        let kafka = " is not supported, expected \(buses)"
        section.read("type", into: &configuration.eventBus.kind) { $0.choice(refused: ["kafka": kafka]) }
        section.read("async_enabled", into: &configuration.eventBus.isAsync) { $0.bool() }
        section.read("max_handlers", into: &configuration.eventBus.maxHandlers) { $0.integer(in: 1...10_000) }
        section.read("max_crashes", into: &configuration.eventBus.maxCrashes) { $0.integer(in: 1...1000) }
        places.timeout = section.value("timeout")
        section.read("timeout", into: &configuration.eventBus.timeout) { $0.duration(in: Bounds.timeout) }
    }

    private mutating func readRule(_ value: ConfigurationValue) {
        _ = value.section { section in
            let types = section.required("types", "a list of event types and patterns")?.nonEmptyPatterns()
            let reach = section.required("route", "local, remote or both")?.choice(RoutingRule.Reach.self)
            guard let types, let reach else { return }
            places.rules.append(.init(types: types, reach: reach))
            configuration.rules.append(RoutingRule(types.map(\.value), reach))
        }
    }

    // MARK: - RabbitMQ

    private mutating func readRabbitMQ(_ section: inout ConfigurationSection) {
        if let url = section.secret("url", "a URL") {
            do throws(AMQPError) {
                configuration.rabbitMQ.url = try AMQPURL(url.value)
            } catch {
                // The parser's sentences quote nothing that could be a password.
                url.source.report(error.message)
            }
        }
        if let password = section.secret("password", "a password") {
            configuration.rabbitMQ.url.password = password.value
        }
        _ = section.value("exchanges")?.section { section in
            _ = section.value("events")?.section { readExchange(&$0) }
        }
        _ = section.value("queues")?.section { readQueues(&$0) }
    }

    private mutating func readExchange(_ section: inout ConfigurationSection) {
        section.read("name", into: &configuration.rabbitMQ.exchange) { $0.exchangeName() }
        var type = ExchangeKind.topic
        let reason = ", expected topic: patterns of event types need it"
        section.read("type", into: &type) { value in
            value.choice(refused: ["direct": reason, "fanout": reason, "headers": reason])
        }
        let loss = "after a restart of the broker the exchange would be gone, and confirmed events with it"
        section.requireTrue("durable", because: loss)
    }

    private mutating func readQueues(_ section: inout ConfigurationSection) {
        places.prefix = section.value("prefix")
        section.read("prefix", into: &configuration.rabbitMQ.queues.prefix) { $0.queuePrefix() }
        section.read("type", into: &configuration.rabbitMQ.queues.kind) { $0.choice() }
        let loss = "after a restart of the broker the queues would be gone, and the events in them"
        section.requireTrue("durable", because: loss)
    }

    private enum ExchangeKind: String, CaseIterable {
        case topic
    }
}
