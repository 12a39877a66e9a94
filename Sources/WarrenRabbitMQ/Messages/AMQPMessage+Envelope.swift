package import AMQP
package import Warren

extension AMQPMessage {
    /// An event as a message: persistent, the envelope as its body, the properties beside it.
    package init(_ envelope: EventEnvelope, properties: CarriedProperties) {
        self.init(
            body: envelope.json(),
            properties: AMQPProperties(
                contentType: properties.contentType,
                correlationID: properties.correlationID,
                messageID: properties.messageID,
                timestamp: properties.timestamp,
                type: properties.type,
                appID: properties.appID
            )
        )
    }
}

extension CarriedProperties {
    /// What a message says beside its body.
    package init(_ properties: AMQPProperties, routingKey: String) {
        self.init(
            routingKey: routingKey,
            messageID: properties.messageID,
            type: properties.type,
            correlationID: properties.correlationID,
            appID: properties.appID,
            contentType: properties.contentType,
            timestamp: properties.timestamp
        )
    }
}
