import AMQP
package import Warren
package import WarrenRabbitMQ
import WarrenRuntime

/// The bus that a configuration asks for, with its halves.
package enum BridgeBus: Sendable {
    case memory(MemoryEventBus)
    case rabbitMQ(RabbitMQEventBus)
    case hybrid(HybridEventBus, MemoryEventBus, RabbitMQEventBus)

    /// - Throws: what makes no sense in the configuration.
    init(
        _ configuration: BridgeConfiguration,
        _ stores: BridgeStores,
        _ clock: any RuntimeClock
    ) throws(BridgeFailure) {
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
                permits: permits,
                inbox: stores.inbox,
                spool: stores.spool
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

    /// Waits until what is published does not pass our own queues by.
    ///
    /// With a spool only for a moment: nothing leaves it before they are there.
    func waitForQueues(of subscriptions: [EventSubscription], _ clock: any RuntimeClock) async {
        let limit = remote?.hasSpool == true ? clock.now.advanced(by: .seconds(1)) : nil
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for subscription in subscriptions { try? await subscription.readyAtLast() } }
            if let limit { group.addTask { try? await clock.sleep(until: limit) } }
            await group.next()
            group.cancelAll()
        }
    }

    /// Waits until nothing waits for its way to the broker, the subscriptions' queues there are empty, and nothing is at
    /// work on what came from them.
    ///
    /// - Throws: which queue will not become empty, since the broker does not let us consume it.
    func drain(
        until stopping: StopSignal,
        _ subscriptions: [EventSubscription],
        _ clock: any RuntimeClock
    ) async throws(BridgeFailure) {
        guard let remote else { return }
        let names = subscriptions.map(\.name)
        var before: EventBusStatistics?
        while true {
            for subscription in subscriptions {
                guard let refusal = await subscription.refusal else { continue }
                let reason = "the broker refuses the subscription '\(subscription.name)'"
                throw BridgeFailure(.failed, "\(reason), and nobody takes its events: \(refusal.message)")
            }
            let now = remote.statistics
            let isIdle = now == before && remote.inHand == 0 && !remote.awaitsRetries && remote.hasEmptySpool
            if isIdle, let waiting = try? await remote.waiting(for: names), waiting == 0 { return }
            before = now
            guard await stopping.sleep(until: clock.now.advanced(by: .milliseconds(200)), clock: clock) else { return }
        }
    }
}

extension EventSubscription {
    /// Why the broker does not let it be, as far as that is known now.
    fileprivate var refusal: EventBusError? {
        get async {
            // Cancelled from the start it waits for nothing, and sees what is known.
            let look = Task { () -> EventBusError? in
                do throws(EventBusError) {
                    try await self.ready()
                    return nil
                } catch {
                    return error.code == .subscriptionRefused ? error : nil
                }
            }
            look.cancel()
            return await look.value
        }
    }
}

extension BridgeConfiguration {
    /// How long handlers at work may go on when the bus ends; cancelled then, they have as long again.
    private static let shutdownGrace = Duration.milliseconds(1500)

    /// How long the connection may take to close after them.
    private static let closeTimeout = Duration.milliseconds(500)

    fileprivate var limits: HandlerLimits {
        HandlerLimits(
            maxHandlers: eventBus.maxHandlers,
            timeout: eventBus.timeout,
            shutdownGrace: Self.shutdownGrace,
            maxCrashes: eventBus.maxCrashes
        )
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
        configuration.client.closeTimeout = Self.closeTimeout
        return configuration
    }
}
