package import Warren

extension BridgeConfiguration {
    /// One of `bridge.sinks`.
    package struct Sink: Sendable, Hashable {
        package var name: String
        package var types: [TopicPattern]
        package var target: Target

        package init(name: String, types: [TopicPattern], target: Target) {
            self.name = name
            self.types = types
            self.target = target
        }

        package enum Target: Sendable, Hashable {
            /// NDJSON at the end of a file.
            case file(path: String)
            /// NDJSON on stdout.
            case stdout
            /// A POST for each event.
            case webhook(url: SecretURL)
        }
    }
}
