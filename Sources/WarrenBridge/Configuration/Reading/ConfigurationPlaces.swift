import Warren

/// Where those values stand that have to fit others, kept until all are read.
struct ConfigurationPlaces {
    /// An element of `events.rules`.
    struct Rule {
        let types: [Located<TopicPattern>]
        let reach: RoutingRule.Reach
    }

    /// An entry of `event_routing`.
    struct Route {
        let types: Located<TopicPattern>
        let services: [Located<String>]
    }

    /// An element of `bridge.sinks`.
    struct Sink {
        let sink: BridgeConfiguration.Sink
        let name: ConfigurationValue
        let types: [Located<TopicPattern>]
    }

    var service: ConfigurationValue?
    var prefix: ConfigurationValue?
    var timeout: ConfigurationValue?
    var localOnly: [Located<TopicPattern>] = []
    var rules: [Rule] = []
    var routing: ConfigurationValue?
    var routes: [Route] = []
    var bridge: ConfigurationValue?
    var listen: ConfigurationValue?
    var sinks: [Sink] = []
    /// The line of each sink's name.
    var sinkLines: [String: Int] = [:]
    /// The line of each sink's file, by its path without detours.
    var fileLines: [String: Int] = [:]
}
