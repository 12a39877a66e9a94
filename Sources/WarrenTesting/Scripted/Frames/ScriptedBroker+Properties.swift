extension ScriptedBroker {
    /// The properties of a message (AMQP 0-9-1 section 1.8.3, class `basic`); those that are `nil` are not sent.
    public struct Properties: Sendable, Hashable {
        /// `content-type`.
        public var contentType: String?
        /// `content-encoding`.
        public var contentEncoding: String?
        /// `headers`.
        public var headers: [String: Value]?
        /// `delivery-mode`: 1 is transient, 2 is persistent.
        public var deliveryMode: UInt8?
        /// `priority`.
        public var priority: UInt8?
        /// `correlation-id`.
        public var correlationID: String?
        /// `reply-to`.
        public var replyTo: String?
        /// `expiration`: milliseconds as a text.
        public var expiration: String?
        /// `message-id`.
        public var messageID: String?
        /// `timestamp`: seconds since 1970.
        public var timestamp: UInt64?
        /// `type`.
        public var type: String?
        /// `user-id`.
        public var userID: String?
        /// `app-id`.
        public var appID: String?
        /// `cluster-id`, which nobody uses.
        public var clusterID: String?

        /// No property.
        public init() {}

        /// Reads flags and properties from a content header, after class, weight and size.
        init(from reader: inout Reader) throws(WarrenTestingError) {
            let flags = try reader.short()
            func isSet(_ index: Int) -> Bool { flags & (0x8000 >> UInt16(index)) != 0 }
            if isSet(0) { contentType = try reader.shortString() }
            if isSet(1) { contentEncoding = try reader.shortString() }
            if isSet(2) { headers = try reader.table() }
            if isSet(3) { deliveryMode = try reader.octet() }
            if isSet(4) { priority = try reader.octet() }
            if isSet(5) { correlationID = try reader.shortString() }
            if isSet(6) { replyTo = try reader.shortString() }
            if isSet(7) { expiration = try reader.shortString() }
            if isSet(8) { messageID = try reader.shortString() }
            if isSet(9) { timestamp = try reader.longLong() }
            if isSet(10) { type = try reader.shortString() }
            if isSet(11) { userID = try reader.shortString() }
            if isSet(12) { appID = try reader.shortString() }
            if isSet(13) { clusterID = try reader.shortString() }
        }

        func write(to writer: inout Writer) {
            var flags: UInt16 = 0
            var content = Writer()
            func add<Field>(_ index: Int, _ field: Field?, _ write: (inout Writer, Field) -> Void) {
                guard let field else { return }
                flags |= 0x8000 >> UInt16(index)
                write(&content, field)
            }
            add(0, contentType) { $0.shortString($1) }
            add(1, contentEncoding) { $0.shortString($1) }
            add(2, headers) { $0.table($1) }
            add(3, deliveryMode) { $0.octet($1) }
            add(4, priority) { $0.octet($1) }
            add(5, correlationID) { $0.shortString($1) }
            add(6, replyTo) { $0.shortString($1) }
            add(7, expiration) { $0.shortString($1) }
            add(8, messageID) { $0.shortString($1) }
            add(9, timestamp) { $0.longLong($1) }
            add(10, type) { $0.shortString($1) }
            add(11, userID) { $0.shortString($1) }
            add(12, appID) { $0.shortString($1) }
            add(13, clusterID) { $0.shortString($1) }
            writer.short(flags)
            writer.raw(content.bytes)
        }
    }
}
