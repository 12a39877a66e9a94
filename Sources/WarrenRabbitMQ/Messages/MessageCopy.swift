package import AMQP

/// A copy of a delivered message on its way to another queue: the body as it was, and no property or header that would
/// make the broker drop it, send it elsewhere, or close the channel.
///
/// Every copy is made here: what a broker does to a careless one was measured, and each case has a test.
package struct MessageCopy: Sendable {
    package private(set) var message: AMQPMessage

    /// Headers by which a sender names further places, and the one by which the client knows returned messages.
    private static let stripped: Set<String> = ["CC", "BCC", "warren-publish"]

    package init(of original: AMQPMessage) {
        message = original
        let kept = original.properties.headers.filter { entry in
            // `x-death` naming the target would be taken for a cycle.
            !entry.key.hasPrefix("x-") && !Self.stripped.contains(entry.key)
        }
        message.properties.headers = AMQPTable(kept)
        message.properties.deliveryMode = .persistent
        // It would be gone before anybody has seen it.
        if let expiration = original.properties.expiration {
            message.properties.expiration = nil
            self[WarrenHeader.originalExpiration] = .string(expiration)
        }
        // The broker refuses any user but the connection's own.
        if let user = original.properties.userID {
            message.properties.userID = nil
            self[WarrenHeader.originalUserID] = .string(user)
        }
    }

    /// A header of the copy; setting it takes the place of every one of that name.
    package subscript(header: String) -> AMQPValue? {
        get { message.properties.headers[header] }
        set {
            message.properties.headers[header] = nil
            message.properties.headers[header] = newValue
        }
    }
}
