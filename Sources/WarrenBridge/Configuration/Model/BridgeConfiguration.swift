package import Warren

/// What one configuration file says, with the defaults for what it does not say.
///
/// `config/warren.yaml` shows every key with its default. Paths are relative to the working directory.
package struct BridgeConfiguration: Sendable, Hashable {
    /// Who we are: the source of the events published here, and the name of our queue.
    package var service = "warren"

    /// `events.eventbus`: which bus, and its bounds.
    package var eventBus = EventBus()

    /// `events.memory`: the bus within the process.
    package var memory = Memory()

    /// `events.rabbitmq`: the broker and what is declared there.
    package var rabbitMQ = RabbitMQ()

    /// `events.local_only`: types that never leave the process; they come before the rules.
    package var localOnly: [TopicPattern] = []

    /// `events.rules`: where other types go.
    package var rules: [RoutingRule] = []

    /// `event_routing`: which services receive which types, in the order of the file.
    package var routes: [EventRoute] = []

    /// `retry`: what happens to an event whose handler fails.
    package var retry = Retry()

    /// `store`: where events are kept.
    package var store: Store?

    /// `store.retention`: how long it is remembered what the sinks have taken.
    package var retention = Duration.seconds(7 * 86_400)

    /// `store.spool`: how much may wait for the broker.
    package var spoolBounds = SpoolBounds()

    /// `bridge.sources`: where events come from, besides the broker.
    package var sources = Sources()

    /// `bridge.sinks`: where events go to; their names are unique.
    package var sinks: [Sink] = []

    /// What the file asks for and this version cannot do: running the bridge must refuse each.
    package var notYetAvailable: [ConfigurationProblem] = []

    /// What is allowed but hardly meant.
    package var warnings: [ConfigurationProblem] = []

    /// The defaults.
    package init() {}

    /// `events.local_only` and `events.rules` as one list, in the order in which they decide.
    package var routingRules: [RoutingRule] {
        localOnly.isEmpty ? rules : [RoutingRule(localOnly, .local)] + rules
    }
}
