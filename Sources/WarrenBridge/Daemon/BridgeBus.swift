package import Warren
package import WarrenRabbitMQ
package import WarrenRuntime

/// The bus that a configuration asks for, with its halves.
package enum BridgeBus: Sendable {
    case memory(MemoryEventBus)
    case rabbitMQ(RabbitMQEventBus)
    case hybrid(HybridEventBus, MemoryEventBus, RabbitMQEventBus)

    /// - Throws: what makes no sense in the configuration.
    package init(_ configuration: BridgeConfiguration, _ clock: any RuntimeClock) throws(BridgeFailure) {
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
        do throws(EventBusError) {
            switch configuration.eventBus.kind {
            case .memory: self = .memory(try memory())
            case .rabbitmq: self = .rabbitMQ(try rabbitMQ())
            case .hybrid:
                let (local, remote) = (try memory(), try rabbitMQ())
                let hybrid = HybridEventBus(local: local, remote: remote, rules: configuration.routingRules)
                self = .hybrid(hybrid, local, remote)
            }
        } catch {
            throw BridgeFailure(.configuration, error.message)
        }
    }

    /// What events are published to.
    package var bus: any EventBus {
        switch self {
        case .memory(let bus): bus
        case .rabbitMQ(let bus): bus
        case .hybrid(let bus, _, _): bus
        }
    }

    /// The half within the process, if there is one.
    package var local: MemoryEventBus? {
        switch self {
        case .memory(let local), .hybrid(_, let local, _): local
        case .rabbitMQ: nil
        }
    }

    /// The half at the broker, if there is one.
    package var remote: RabbitMQEventBus? {
        switch self {
        case .rabbitMQ(let remote), .hybrid(_, _, let remote): remote
        case .memory: nil
        }
    }

    /// Whether events of a type never leave the process.
    package func keepsLocal(_ type: String) -> Bool {
        switch self {
        case .memory: true
        case .rabbitMQ: false
        case .hybrid(let bus, _, _): bus.keepsLocal(type)
        }
    }

    /// Whether all that a pattern matches never leaves the process.
    func keepsLocal(_ pattern: TopicPattern) -> Bool {
        switch self {
        case .memory: true
        case .rabbitMQ: false
        case .hybrid(let bus, _, _): bus.keepsLocal(pattern)
        }
    }

    /// Waits until the subscriptions' queues at the broker are empty, and nothing is at work on what came from them.
    func drain(until stopping: StopSignal, _ subscriptions: [EventSubscription], _ clock: any RuntimeClock) async {
        guard let remote else { return }
        let names = subscriptions.map(\.name)
        var before: EventBusStatistics?
        while true {
            let now = remote.statistics
            if now == before, remote.inHand == 0, let waiting = try? await remote.waiting(for: names), waiting == 0 {
                return
            }
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
