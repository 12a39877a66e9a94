package import AMQP
package import Warren
import WarrenBridge
import WarrenRabbitMQ

/// A message as one line of output: an envelope, and beside it what the envelope does not say.
package enum TailLine {
    /// The member that says why an envelope was taken for data, or why there is none.
    static let invalid = "invalid"

    /// The line, with its end; the exchange that was asked for is not worth saying, and `beside` comes before the rest of
    /// what the envelope does not say.
    package static func line(
        _ message: AMQPMessage,
        exchange: String,
        routingKey: String,
        redelivered: Bool,
        asked: String,
        beside: JSONMembers = JSONMembers()
    ) -> [UInt8] {
        let carried = CarriedProperties(message.properties, routingKey: routingKey)
        var beside = beside
        var envelope: EventEnvelope
        do {
            envelope = try EventEnvelope(carrying: message.body, properties: carried)
        } catch {
            envelope = EventEnvelope(wrapping: message.body, properties: carried)
            beside.append(key: invalid, text: error.message)
        }
        if exchange != asked { beside.append(key: "exchange", text: exchange) }
        if routingKey != envelope.eventType { beside.append(key: "routing_key", text: routingKey) }
        if redelivered { beside.append(key: "redelivered", validJSON: "true".utf8) }
        let properties = properties(message.properties, notIn: envelope)
        if !properties.isEmpty { beside.append(key: "properties", validJSON: properties.json()) }
        if !message.properties.headers.isEmpty {
            beside.append(key: "headers", validJSON: AMQPValue.table(message.properties.headers).json())
        }
        if !beside.isEmpty { envelope.further.append(key: EventLine.aside, validJSON: beside.json()) }
        return JSONText.onOneLine(envelope.json()) + [UInt8(ascii: "\n")]
    }

    /// The properties that are not what they would be if Warren had published this very envelope.
    private static func properties(_ properties: AMQPProperties, notIn envelope: EventEnvelope) -> JSONMembers {
        var members = JSONMembers()
        let own = envelope.carriedProperties
        func append(_ key: String, _ text: String?, unless expected: String? = nil) {
            if let text, text != expected { members.append(key: key, text: text) }
        }
        append("content_type", properties.contentType, unless: envelope.payload.contentType ?? own.contentType)
        append("content_encoding", properties.contentEncoding)
        if let mode = properties.deliveryMode, mode != .persistent {
            members.append(key: "delivery_mode", validJSON: "\(mode.rawValue)".utf8)
        }
        if let priority = properties.priority { members.append(key: "priority", validJSON: "\(priority)".utf8) }
        append("correlation_id", properties.correlationID, unless: own.correlationID)
        append("reply_to", properties.replyTo)
        append("expiration", properties.expiration)
        append("message_id", properties.messageID, unless: own.messageID)
        if let timestamp = properties.timestamp, timestamp != own.timestamp {
            members.append(key: "timestamp", validJSON: "\(timestamp)".utf8)
        }
        append("type", properties.type, unless: own.type)
        append("user_id", properties.userID)
        append("app_id", properties.appID, unless: own.appID)
        append("cluster_id", properties.clusterID)
        return members
    }
}
