import CRabbitMQ
import WarrenRuntime

/// A content header: how long the body is, and the message's properties (AMQP 0-9-1, section 4.2.6.1).
struct ContentHeader {
    let bodySize: UInt64
    let properties: Boxed<AMQPProperties>
}

/// Decodes content headers with rabbitmq-c.
struct PropertiesDecoder: ~Copyable {
    private static let propertiesOffset = 12

    /// Longer ones hardly ever repeat.
    private static let longestRemembered = 256

    private var pool = CodecPool()
    /// The properties decoded last and their bytes: messages of one kind often have the same.
    private var last: Boxed<AMQPProperties>?
    private var lastBytes: [UInt8] = []

    /// The announced size of the body, which can be read also when the properties cannot.
    ///
    /// - Throws: when this is no content header of a message: the peer is out of step.
    static func bodySize(of payload: UnsafeRawBufferPointer) throws(WireError) -> UInt64 {
        guard let classID = unsafe payload.bigEndian(UInt16.self, at: 0),
            let bodySize = unsafe payload.bigEndian(UInt64.self, at: 4)
        else {
            throw WireError("a content header of \(payload.count) bytes")
        }
        guard classID == FrameFormat.basicClass else {
            throw WireError("a content header of class \(classID); messages have class \(FrameFormat.basicClass)")
        }
        guard bodySize <= FrameFormat.largestMessage else {
            throw WireError("a message of \(bodySize) bytes; no broker takes one that large")
        }
        return bodySize
    }

    mutating func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> ContentHeader {
        let bodySize = unsafe try Self.bodySize(of: payload)
        guard let flags = unsafe payload.bigEndian(UInt16.self, at: Self.propertiesOffset) else {
            throw WireError("a content header of \(payload.count) bytes")
        }
        let encoded = unsafe UnsafeRawBufferPointer(rebasing: payload[Self.propertiesOffset...])
        if let last, unsafe isLast(encoded) { return ContentHeader(bodySize: bodySize, properties: last) }
        unsafe try checkHeaders(payload, flags: UInt32(flags))
        let bytes = unsafe amqp_bytes_t(
            len: encoded.count,
            bytes: UnsafeMutableRawPointer(mutating: encoded.baseAddress)
        )
        var decoded: UnsafeMutableRawPointer?
        let status = unsafe pool.withPointer {
            unsafe amqp_decode_properties(FrameFormat.basicClass, $0, bytes, &decoded)
        }
        defer { pool.recycle() }
        guard status == 0, let decoded = unsafe decoded else {
            throw WireError("message properties that cannot be read")
        }
        let properties = unsafe Boxed(AMQPProperties(decoded.load(as: amqp_basic_properties_t.self)))
        if encoded.count <= Self.longestRemembered {
            last = properties
            lastBytes.removeAll(keepingCapacity: true)
            unsafe lastBytes.append(contentsOf: encoded)
        }
        return ContentHeader(bodySize: bodySize, properties: properties)
    }

    private func isLast(_ encoded: UnsafeRawBufferPointer) -> Bool {
        unsafe lastBytes.withUnsafeBytes { unsafe $0.holdsSame(as: encoded) }
    }

    /// The headers table follows content-type and content-encoding; it is scanned before C sees it.
    private func checkHeaders(_ payload: UnsafeRawBufferPointer, flags: UInt32) throws(WireError) {
        // It says that more flags follow: the C decoder would take them for flags of the properties seen here.
        guard flags & 1 == 0 else { throw WireError("message properties with an unknown flag") }
        guard flags & UInt32(AMQP_BASIC_HEADERS_FLAG) != 0 else { return }
        var offset = Self.propertiesOffset + 2
        for flag in [AMQP_BASIC_CONTENT_TYPE_FLAG, AMQP_BASIC_CONTENT_ENCODING_FLAG]
        where flags & UInt32(flag) != 0 {
            guard let size = unsafe payload.bigEndian(UInt8.self, at: offset) else {
                throw WireError("message properties that end too early")
            }
            offset += 1 + Int(size)
        }
        _ = unsafe try TableScanner.check(payload, at: offset)
    }
}

extension AMQPProperties {
    fileprivate init(_ decoded: amqp_basic_properties_t) {
        let flags = unsafe decoded._flags
        func has(_ flag: Int32) -> Bool { flags & UInt32(flag) != 0 }
        func text(_ flag: Int32, _ bytes: amqp_bytes_t) -> String? {
            has(flag) ? unsafe String(copying: bytes) : nil
        }
        unsafe self.init(
            contentType: text(AMQP_BASIC_CONTENT_TYPE_FLAG, decoded.content_type),
            contentEncoding: text(AMQP_BASIC_CONTENT_ENCODING_FLAG, decoded.content_encoding),
            headers: has(AMQP_BASIC_HEADERS_FLAG) ? AMQPTable(decoded.headers) : [:],
            deliveryMode: has(AMQP_BASIC_DELIVERY_MODE_FLAG) ? DeliveryMode(rawValue: decoded.delivery_mode) : nil,
            priority: has(AMQP_BASIC_PRIORITY_FLAG) ? decoded.priority : nil,
            correlationID: text(AMQP_BASIC_CORRELATION_ID_FLAG, decoded.correlation_id),
            replyTo: text(AMQP_BASIC_REPLY_TO_FLAG, decoded.reply_to),
            expiration: text(AMQP_BASIC_EXPIRATION_FLAG, decoded.expiration),
            messageID: text(AMQP_BASIC_MESSAGE_ID_FLAG, decoded.message_id),
            timestamp: has(AMQP_BASIC_TIMESTAMP_FLAG) ? decoded.timestamp : nil,
            type: text(AMQP_BASIC_TYPE_FLAG, decoded.type),
            userID: text(AMQP_BASIC_USER_ID_FLAG, decoded.user_id),
            appID: text(AMQP_BASIC_APP_ID_FLAG, decoded.app_id),
            clusterID: text(AMQP_BASIC_CLUSTER_ID_FLAG, decoded.cluster_id)
        )
    }
}
