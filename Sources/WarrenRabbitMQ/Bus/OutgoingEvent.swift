import AMQP
import Warren

/// An event as it goes out: a message, and where it is sent to.
struct OutgoingEvent: Sendable {
    let message: AMQPMessage
    /// The event's type, which is the routing key.
    let eventType: String
    let eventID: String
    /// Who has shown it to its own observers already.
    let instance: String?

    /// - Throws: `EventBusError` with code `invalidEvent` when it may not be published.
    init(_ occurrence: Occurrence, shownBy instance: String?) throws(EventBusError) {
        do throws(EventError) {
            try self.init(try occurrence.envelope(), shownBy: instance)
        } catch {
            throw EventBusError(error)
        }
    }

    private init(_ envelope: EventEnvelope, shownBy instance: String?) throws(EventError) {
        let properties = try envelope.publishingProperties()
        var message = AMQPMessage(envelope, properties: properties)
        if let instance { message.properties.headers[WarrenHeader.origin] = .string(instance) }
        self.message = message
        self.instance = instance
        eventType = properties.routingKey
        eventID = envelope.eventID
    }

    // MARK: - In a spool

    /// The event as a spool keeps it; its route is who has shown it.
    var spoolEntry: SpoolEntry {
        SpoolEntry(
            eventID: eventID,
            eventType: eventType,
            route: Array((instance ?? "").utf8),
            body: message.body
        )
    }

    /// - Throws: `EventBusError` with code `invalidEvent` when a spool holds what this version cannot read.
    init(_ entry: SpoolEntry) throws(EventBusError) {
        do throws(EventError) {
            let properties = CarriedProperties(routingKey: entry.eventType, messageID: entry.eventID)
            let instance = entry.route.isEmpty ? nil : String(decoding: entry.route, as: UTF8.self)
            try self.init(try EventEnvelope(carrying: entry.body, properties: properties), shownBy: instance)
        } catch {
            throw EventBusError(error)
        }
    }
}
