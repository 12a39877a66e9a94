import Warren

/// Reads a whole file, section by section.
struct ConfigurationParser {
    let reader: ConfigurationReader
    var configuration = BridgeConfiguration()
    /// Where that stands which can only be judged together with other parts.
    var places = ConfigurationPlaces()

    init(reader: ConfigurationReader) {
        self.reader = reader
    }

    mutating func read(_ root: YAMLNode) {
        let file = ConfigurationValue(node: root, path: "", reader: reader)
        _ = file.section { root in
            let service = root.value("service")
            places.service = service
            if let name = service?.name(allowed: ".", "a name") { configuration.service = name }
            _ = root.value("events")?.section { readEvents(&$0) }
            if let routes = root.value("event_routing") { readRoutes(routes) }
            _ = root.value("retry")?.section { readRetry(&$0) }
            if let store = root.value("store") { readStore(store) }
            if let bridge = root.value("bridge") {
                places.bridge = bridge
                _ = bridge.section { readBridge(&$0) }
            }
        }
        checkQueueNames()
    }

    private mutating func readRoutes(_ value: ConfigurationValue) {
        places.routing = value
        for entry in value.entries(expected: "a mapping of event types to lists of services") ?? [] {
            let key = entry.key.pattern()
            let elements = entry.value.elements(expected: "a list of services")
            let services = elements?.compactMap { element in
                element.name(allowed: ".", "the name of a service").map { Located(value: $0, source: element) }
            }
            guard let key, let services else { continue }
            configuration.routes.append(.init(types: key, services: services.map(\.value)))
            places.routes.append(.init(types: Located(value: key, source: entry.key), services: services))
        }
    }

    private mutating func readRetry(_ section: inout ConfigurationSection) {
        section.read("max_attempts", into: &configuration.retry.maxAttempts) { $0.integer(in: 1...1000) }
        section.read("initial_delay", into: &configuration.retry.initialDelay) { $0.duration(in: Bounds.delay) }
        section.read("multiplier", into: &configuration.retry.multiplier) { $0.number(in: 1...100) }
        section.read("max_delay", into: &configuration.retry.maxDelay) { $0.duration(in: Bounds.delay) }
        if configuration.retry.initialDelay > configuration.retry.maxDelay {
            section.report("initial_delay is longer than max_delay")
        }
    }

    private mutating func readStore(_ value: ConfigurationValue) {
        _ = value.section { section in
            let sqlite = section.value("sqlite")
            let postgres = section.value("postgres")
            if sqlite == nil, postgres == nil { section.report("expected 'sqlite' in it") }
            let path = sqlite?.section(shorthand: "path") { section in
                section.required("path", "the database file")?.filePath()
            }
            let url = postgres?.section(shorthand: "url") { section in
                section.url(schemes: ["postgres", "postgresql"])
            }
            if sqlite != nil, let postgres {
                postgres.report("given beside 'sqlite', expected one of the two")
            }
            if case let path?? = path { configuration.store = .sqlite(path: path) }
            if case let url?? = url { configuration.store = .postgres(url: url) }
            if let postgres { postpone(postgres) }
            section.read("retention", into: &configuration.retention) { $0.duration(in: Bounds.age) }
            _ = section.value("spool")?.section { spool in
                spool.read("max_bytes", into: &configuration.spoolBounds.bytes) { $0.integer(in: 1...Bounds.bytes) }
                spool.read("max_age", into: &configuration.spoolBounds.age) { $0.duration(in: Bounds.age) }
            }
        }
    }

    enum Bounds {
        /// Up to what a bus waits.
        static let delay = Duration.milliseconds(1)...RetryPolicy.longestWait
        /// Up to a day.
        static let timeout = Duration.milliseconds(1)...Duration.seconds(86_400)
        /// Up to ten years.
        static let age = Duration.seconds(1)...Duration.seconds(3650 * 86_400)
        /// A pebibyte.
        static let bytes = 1 << 50
    }
}
