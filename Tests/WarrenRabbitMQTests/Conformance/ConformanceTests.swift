import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenRuntime
import WarrenTesting

@Suite("A bus over RabbitMQ")
struct ConformanceTests {
    static let checks = EventBusConformance.checks + EventBusConformance.deadLetterChecks

    @Test("keeps every promise of a bus", arguments: checks)
    func quorum(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                try await check.run(
                    EventBusFixture(
                        bus: try Self.bus(url, check.limits, .quorum),
                        second: try Self.bus(url, check.limits, .quorum),
                        deadLetters: { try await deadLetters.all(of: $0) }
                    )
                )
            }
        }
    }

    @Test("keeps them as one half of a hybrid bus, over classic queues", arguments: checks)
    func hybrid(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                try await check.run(
                    EventBusFixture(
                        bus: try Self.hybrid(url, check.limits, []),
                        second: try Self.hybrid(url, check.limits, []),
                        deadLetters: { try await deadLetters.all(of: $0) }
                    )
                )
            }
        }
    }

    @Test("keeps them where a hybrid bus sends everything out first", arguments: checks)
    func remote(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                let rules = [try RoutingRule("#", reach: .remote)]
                try await check.run(
                    EventBusFixture(
                        bus: try Self.hybrid(url, check.limits, rules),
                        second: try Self.hybrid(url, check.limits, rules),
                        deadLetters: { try await deadLetters.all(of: $0) }
                    )
                )
            }
        }
    }

    @Test("keeps them where a hybrid bus keeps everything to itself", arguments: checks)
    func local(check: EventBusCheck) async throws {
        try await withVhost { url in
            let bus = try Self.hybrid(url, check.limits, [try RoutingRule("#", reach: .local)])
            try await check.run(EventBusFixture(bus: bus) { bus.local.deadLetters(of: $0) })
        }
    }

    @Test("keeps those of an inbox where it has one", arguments: EventBusConformance.inboxChecks)
    func inbox(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                let inbox = try EventBusFixture.Inbox.memory()
                var fixture = EventBusFixture(
                    bus: try Self.bus(url, check.limits, .quorum, inbox: inbox.store),
                    second: try Self.bus(url, check.limits, .quorum, inbox: inbox.store),
                    deadLetters: { try await deadLetters.all(of: $0) }
                )
                fixture.inbox = inbox
                try await check.run(fixture)
            }
        }
    }

    @Test("keeps those of an inbox as one half of a hybrid bus", arguments: EventBusConformance.inboxChecks)
    func hybridInbox(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                let inbox = try EventBusFixture.Inbox.memory()
                var fixture = EventBusFixture(
                    bus: try Self.hybrid(url, check.limits, [], inbox: inbox.store),
                    second: try Self.hybrid(url, check.limits, [], inbox: inbox.store),
                    deadLetters: { try await deadLetters.all(of: $0) }
                )
                fixture.inbox = inbox
                try await check.run(fixture)
            }
        }
    }

    @Test("keeps every promise of a bus with an inbox in between", arguments: checks)
    func quorumWithInbox(check: EventBusCheck) async throws {
        try await withVhost { url in
            try await Self.withDeadLetters(url) { deadLetters in
                let inbox = try MemoryInboxStore()
                try await check.run(
                    EventBusFixture(
                        bus: try Self.bus(url, check.limits, .quorum, inbox: inbox),
                        second: try Self.bus(url, check.limits, .quorum, inbox: inbox),
                        deadLetters: { try await deadLetters.all(of: $0) }
                    )
                )
            }
        }
    }

    // MARK: - Buses

    private static func bus(
        _ url: String,
        _ limits: HandlerLimits,
        _ kind: RabbitMQEventBusConfiguration.QueueKind,
        permits: HandlerPermits? = nil,
        inbox: (any InboxStore)? = nil
    ) throws -> RabbitMQEventBus {
        var configuration = RabbitMQEventBusConfiguration()
        configuration.limits = limits
        configuration.queueKind = kind
        return try RabbitMQEventBus(
            url: try AMQPURL(url),
            service: "conformance",
            configuration: configuration,
            clock: SystemClock(),
            permits: permits,
            inbox: inbox
        )
    }

    private static func hybrid(
        _ url: String,
        _ limits: HandlerLimits,
        _ rules: [RoutingRule],
        inbox: (any InboxStore)? = nil
    ) throws -> HybridEventBus {
        let permits = HandlerPermits(limits.maxHandlers)
        var configuration = MemoryEventBusConfiguration()
        configuration.limits = limits
        let local = try MemoryEventBus(
            service: "conformance",
            configuration: configuration,
            clock: SystemClock(),
            permits: permits,
            inbox: inbox
        )
        let remote = try bus(url, limits, .classic, permits: permits, inbox: inbox)
        return HybridEventBus(local: local, remote: remote, rules: rules)
    }

    /// Lends a look at dead letters that is there before the bus runs, and after.
    private static func withDeadLetters(_ url: String, _ body: (DeadLetterQueues) async throws -> Void) async throws {
        try await AMQPClient.withClient(url: url) { client in try await body(DeadLetterQueues(client: client)) }
    }
}

/// The dead letters of all subscriptions.
struct DeadLetterQueues {
    let client: AMQPClient

    /// Those of one, the oldest first; none where there is no queue yet.
    func all(of subscription: String) async throws -> [DeadLetter] {
        do {
            return try await RabbitMQDeadLetters(client: client, queue: subscription).show(.all, limit: .max)
        } catch  where error.code == .notFound {
            return []
        }
    }
}
