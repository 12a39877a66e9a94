import WarrenRuntime

/// A message: a body of bytes and its properties.
public struct AMQPMessage: Sendable, Hashable {
    /// The body; any bytes, also none.
    public var body: [UInt8]

    /// A message is copied often on its way, and its properties are many.
    private var boxed: Boxed<AMQPProperties>

    /// What travels beside the body.
    public var properties: AMQPProperties {
        _read { yield boxed.value }
        _modify { yield &boxed.value }
    }

    /// Creates a message; it is persistent unless `properties` says otherwise.
    public init(body: [UInt8], properties: AMQPProperties = AMQPProperties()) {
        self.body = body
        self.boxed = Boxed(properties)
    }

    init(body: [UInt8], boxed properties: Boxed<AMQPProperties>) {
        self.body = body
        boxed = properties
    }

    /// Creates a message with a text body, encoded as UTF-8.
    public init(_ text: String, properties: AMQPProperties = AMQPProperties()) {
        self.init(body: Array(text.utf8), properties: properties)
    }
}

extension AMQPMessage: CustomStringConvertible {
    /// What it is, without its body and headers: `34 bytes, application/json, type 'Order.Paid', id '0190b6f4-…'`.
    public var description: String {
        var parts = ["\(body.count) bytes"]
        if let contentType = properties.contentType { parts.append(contentType) }
        if let type = properties.type { parts.append("type '\(type)'") }
        if let messageID = properties.messageID { parts.append("id '\(messageID)'") }
        return parts.joined(separator: ", ")
    }
}
