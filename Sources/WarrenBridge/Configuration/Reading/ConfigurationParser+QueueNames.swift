import WarrenRabbitMQ

extension ConfigurationParser {
    /// Reports each queue that could not be called what it would be called.
    func checkQueueNames() {
        let prefix = configuration.rabbitMQ.queues.prefix
        if let reason = QueueName.objection(toPrefix: prefix) {
            places.prefix?.report(reason)
            return
        }
        func check(_ queue: String, at value: ConfigurationValue?) {
            if let reason = QueueName.objection(to: queue) { value?.report(reason) }
        }
        check(configuration.queue(ofService: configuration.service), at: places.service ?? places.prefix)
        checkSubscriptions()
        var lines = [configuration.service: 0]
        for service in places.routes.flatMap(\.services) where lines[service.value] == nil {
            lines[service.value] = service.source.node.place.line
            check(configuration.queue(ofService: service.value), at: service.source)
        }
        for place in places.sinks {
            check(configuration.queue(ofSink: place.sink), at: place.name)
            let twin = "\(configuration.service).\(place.sink.name)"
            guard let line = lines[twin], !configuration.isRouted(place.sink) else { continue }
            place.name.report("its queue would be that of the service \(twin.quoted), on line \(line)")
        }
    }

    /// A subscription is called as its queue is, without the prefix; no bus takes one that is called as the broker's own.
    private func checkSubscriptions() {
        let service = configuration.service
        let names = [service] + places.sinks.map { "\(service).\($0.sink.name)" }
        guard let name = names.first(where: { $0.hasPrefix("amq.") }) else { return }
        // Without a prefix that is said of the queue, too.
        guard ReservedQueueNames.owner(of: configuration.queue(ofService: name)) == nil else { return }
        places.service?.report("a subscription would be called \(name.quoted): 'amq.' belongs to the broker")
    }
}

/// What a queue may be called.
enum QueueName {
    /// In bytes; `.dead` and what the broker keeps for itself still fit behind it.
    static let maximumLength = 200

    static func objection(to name: String) -> String? {
        let length = name.utf8.count
        if length > maximumLength {
            return "its queue \(name.quoted) has a name of \(length) bytes, expected at most \(maximumLength)"
        }
        if let owner = ReservedQueueNames.owner(of: name) {
            return "its queue would be called \(name.quoted): \(owner)"
        }
        guard name.hasSuffix(".dead") else { return nil }
        return "its queue would be called \(name.quoted), as if it held the dead letters of another"
    }

    static func objection(toPrefix prefix: String) -> String? {
        let length = prefix.utf8.count
        guard length < maximumLength else {
            return "a text of \(length) bytes, expected less than the \(maximumLength) of a queue's name"
        }
        return ReservedQueueNames.owner(of: prefix).map { "\(prefix.quoted): \($0)" }
    }
}
