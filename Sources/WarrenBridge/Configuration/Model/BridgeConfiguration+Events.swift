package import Warren

extension BridgeConfiguration {
    /// `events.eventbus`.
    package struct EventBus: Sendable, Hashable {
        package var kind = BusKind.hybrid

        /// Whether publishing leaves the local handlers to work by themselves; when not, it waits for them.
        package var isAsync = true

        /// How many handlers run at a time in the process.
        package var maxHandlers = 100
        /// `max_crashes`: how often an event's handler may end the process by itself.
        package var maxCrashes = HandlerLimits().maxCrashes

        /// How long one run of a handler may take.
        package var timeout = Duration.seconds(30)

        package init() {}
    }

    /// `events.eventbus.type`.
    package enum BusKind: String, Sendable, CaseIterable {
        /// Within the process only.
        case memory
        /// By way of the broker only.
        case rabbitmq
        /// Both; the rules say which event goes where.
        case hybrid
    }

    /// `events.memory`.
    package struct Memory: Sendable, Hashable {
        /// How many events each local subscription holds for its handlers.
        package var bufferSize = 1000

        package init() {}
    }

    /// One entry of `event_routing`.
    package struct EventRoute: Sendable, Hashable {
        /// An event type or a pattern of types.
        package var types: TopicPattern

        /// The services that receive them.
        package var services: [String]

        package init(types: TopicPattern, services: [String]) {
            self.types = types
            self.services = services
        }
    }

    /// `retry`.
    package struct Retry: Sendable, Hashable {
        /// How often an event is handed to its handler in all, from 1 on; then it is a dead letter.
        package var maxAttempts = 3

        /// How long after the first failure the second attempt comes.
        package var initialDelay = Duration.seconds(1)

        /// What each further delay is a multiple of the one before by.
        package var multiplier = 2.0

        /// The longest delay.
        package var maxDelay = Duration.seconds(30)

        package var policy: RetryPolicy {
            .exponential(maxAttempts: maxAttempts, initial: initialDelay, multiplier: multiplier, max: maxDelay)
        }

        package init() {}
    }
}
