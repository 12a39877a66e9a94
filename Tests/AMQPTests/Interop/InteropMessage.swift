import AMQP

/// A message that goes from client to client, and what the programs print of it.
///
/// The programs send the same ones.
struct InteropMessage: Sendable {
    let message: AMQPMessage
    let lines: [String]

    init(_ properties: AMQPProperties, body: [UInt8] = [], _ lines: [String]) {
        message = AMQPMessage(body: body, properties: properties)
        self.lines = lines
    }

    /// Every property, the numbers and one text as large as they can be.
    static let everyProperty = InteropMessage(
        AMQPProperties(
            contentType: "text/plain; charset=utf-8",
            contentEncoding: "gzip",
            headers: ["key": "Füchse"],
            deliveryMode: .transient,
            priority: 255,
            correlationID: "Füchse, 狐, 🦊",
            replyTo: "reply",
            expiration: "60000",
            messageID: String(repeating: "m", count: 255),
            timestamp: 1_700_000_000,
            type: "type",
            // The broker takes no other than the one who is logged in.
            userID: "guest",
            appID: "app",
            clusterID: "cluster"
        ),
        body: [0, 255, 1],
        [
            "content-type: text/plain; charset=utf-8", "content-encoding: gzip", "headers.key: S(Füchse)",
            "delivery-mode: 1", "priority: 255", "correlation-id: Füchse, 狐, 🦊", "reply-to: reply", "expiration: 60000",
            "message-id: \(String(repeating: "m", count: 255))", "timestamp: 1700000000", "type: type",
            "user-id: guest", "app-id: app", "cluster-id: cluster", "body: 3 bytes, Adler-32 33685761",
        ]
    )

    /// Every property that the broker takes without anything in it.
    static let emptyProperties = InteropMessage(
        AMQPProperties(
            contentType: "",
            contentEncoding: "",
            deliveryMode: nil,
            priority: 0,
            correlationID: "",
            replyTo: "",
            messageID: "",
            timestamp: 0,
            type: "",
            appID: "",
            clusterID: ""
        ),
        [
            "content-type: ", "content-encoding: ", "priority: 0", "correlation-id: ", "reply-to: ", "message-id: ",
            "timestamp: 0", "type: ", "app-id: ", "cluster-id: ", "body: 0 bytes, Adler-32 1",
        ]
    )

    /// Neither a property nor a body.
    static let nothing = InteropMessage(AMQPProperties(deliveryMode: nil), ["body: 0 bytes, Adler-32 1"])

    /// A body of 200 KiB, which no frame holds.
    static let large = InteropMessage(
        AMQPProperties(deliveryMode: nil),
        body: (0..<200 << 10).map { UInt8(truncatingIfNeeded: $0 * 31 + $0 >> 8) },
        ["body: 204800 bytes, Adler-32 3873408851"]
    )

    /// Headers.
    static func headers(_ fields: [InteropField]) -> InteropMessage {
        let fields = fields.sorted { $0.key < $1.key }
        return InteropMessage(
            AMQPProperties(headers: AMQPTable(fields), deliveryMode: nil),
            fields.map { "headers.\($0.key): \($0.text)" } + ["body: 0 bytes, Adler-32 1"]
        )
    }
}

extension AMQPMessage {
    /// The message with its headers in the order of their keys: Go and Java have no other.
    var inOrder: AMQPMessage {
        var message = self
        message.properties.headers = AMQPTable(properties.headers.sorted { $0.key < $1.key })
        return message
    }
}
