package import Warren
package import WarrenRabbitMQ
package import WarrenRuntime

/// The bus that a configuration asks for, with its halves.
package struct BridgeBus: Sendable {
    /// What events are published to.
    package let bus: any EventBus
    /// The half within the process, if there is one.
    package let local: MemoryEventBus?
    /// The half at the broker, if there is one.
    package let remote: RabbitMQEventBus?
    private let hybrid: HybridEventBus?

    /// - Throws: what makes no sense in the configuration.
    package init(_ configuration: BridgeConfiguration, clock: any RuntimeClock) throws(EventBusError) {
        let permits = HandlerPermits(configuration.eventBus.maxHandlers)
        func memory() throws(EventBusError) -> MemoryEventBus {
            try MemoryEventBus(
                service: configuration.service,
                configuration: configuration.memoryBus,
                clock: clock,
                permits: permits
            )
        }
        func rabbitMQ() throws(EventBusError) -> RabbitMQEventBus {
            try RabbitMQEventBus(
                url: configuration.rabbitMQ.url,
                service: configuration.service,
                configuration: configuration.rabbitMQBus,
                clock: clock,
                permits: permits
            )
        }
        switch configuration.eventBus.kind {
        case .memory:
            let memory = try memory()
            (bus, local, remote, hybrid) = (memory, memory, nil, nil)
        case .rabbitmq:
            let rabbitMQ = try rabbitMQ()
            (bus, local, remote, hybrid) = (rabbitMQ, nil, rabbitMQ, nil)
        case .hybrid:
            let (memory, rabbitMQ) = (try memory(), try rabbitMQ())
            let both = HybridEventBus(local: memory, remote: rabbitMQ, rules: configuration.routingRules)
            (bus, local, remote, hybrid) = (both, memory, rabbitMQ, both)
        }
    }

    /// Whether events of a type never leave the process.
    package func keepsLocal(_ type: String) -> Bool {
        hybrid?.keepsLocal(type) ?? (remote == nil)
    }

    /// Whether all that a pattern matches never leaves the process.
    func keepsLocal(_ pattern: TopicPattern) -> Bool {
        hybrid?.keepsLocal(pattern) ?? (remote == nil)
    }

    /// Waits until the subscriptions' queues at the broker are empty, and nothing is at work on what came from them.
    func drain(until stopping: StopSignal, _ subscriptions: [EventSubscription], _ clock: any RuntimeClock) async {
        guard let remote else { return }
        let names = subscriptions.map(\.name)
        var before: EventBusStatistics?
        while true {
            let now = remote.statistics
            if now == before, let waiting = try? await remote.waiting(for: names), waiting == 0 { return }
            before = now
            guard await stopping.sleep(until: clock.now.advanced(by: .milliseconds(200)), clock: clock) else { return }
        }
    }
}

extension BridgeConfiguration {
    fileprivate var limits: HandlerLimits {
        HandlerLimits(maxHandlers: eventBus.maxHandlers, timeout: eventBus.timeout)
    }

    fileprivate var memoryBus: MemoryEventBusConfiguration {
        var configuration = MemoryEventBusConfiguration()
        configuration.dispatch = eventBus.isAsync ? .buffered : .inPlace
        configuration.bufferSize = memory.bufferSize
        configuration.limits = limits
        return configuration
    }

    fileprivate var rabbitMQBus: RabbitMQEventBusConfiguration {
        var configuration = RabbitMQEventBusConfiguration()
        configuration.exchange = rabbitMQ.exchange
        configuration.queuePrefix = rabbitMQ.queues.prefix
        configuration.queueKind =
            switch rabbitMQ.queues.kind {
            case .quorum: .quorum
            case .classic: .classic
            }
        configuration.limits = limits
        return configuration
    }
}
