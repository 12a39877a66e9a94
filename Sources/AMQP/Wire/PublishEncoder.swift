import CRabbitMQ
import Glibc

/// Where a message goes: the arguments of `basic.publish`.
struct PublishTarget {
    let exchange: String
    let routingKey: String
    let mandatory: Bool
    /// Whether its return has to find its way to the one who published it.
    var isTracked = true
}

/// Where things stand in the encoded head of a publish (its method and content-header frames), so that the channel
/// number and the stamp can be put in later, under the lock.
struct PublishHeadLayout {
    let headerFrame: Int
    let size: Int
    /// Where the eight bytes of the stamp stand, if there is one.
    let stamp: Int?
    let mandatory: Bool
}

/// Encodes the head of a publish with rabbitmq-c, on the caller's thread and stack, outside every lock.
enum PublishEncoder {
    /// The header that tells returned messages without a message id apart.
    static let stampKey = "warren-publish"

    /// Encodes into stack memory and lends the bytes to `body`.
    ///
    /// - Throws: `.invalidArgument` naming the field that does not fit.
    @inline(__always)
    static func withHead<Result>(
        _ target: PublishTarget,
        _ message: AMQPMessage,
        _ body: (UnsafeMutableRawBufferPointer, PublishHeadLayout) -> Result
    ) throws(AMQPError) -> Result {
        let needsStamp = target.mandatory && target.isTracked && message.properties.messageID == nil
        guard message.properties.headers.isEmpty && !needsStamp else {
            var pool = CodecPool()
            var headers = message.properties.headers
            if needsStamp {
                // Removed first, so that it stands last: its place is found from the table's end.
                headers[stampKey] = nil
                headers[stampKey] = .int64(0)
            }
            let table = unsafe try pool.table(headers)
            let size = try TableSize.encoded(headers)
            return unsafe try withHead(target, message, table, headersSize: size, stamped: needsStamp, body)
        }
        return unsafe try withHead(target, message, amqp_empty_table, headersSize: 0, stamped: false, body)
    }

    private static func withHead<Result>(
        _ target: PublishTarget,
        _ message: AMQPMessage,
        _ headers: amqp_table_t,
        headersSize: Int,
        stamped: Bool,
        _ body: (UnsafeMutableRawBufferPointer, PublishHeadLayout) -> Result
    ) throws(AMQPError) -> Result {
        let textSize = try checkedTextSize(target, message.properties)
        let frameSize = textSize + headersSize + 128
        // The error leaves the closure as a value: `withUnsafeTemporaryAllocation` has no typed throws.
        let result: Swift.Result<Result, AMQPError> = unsafe withUnsafeTemporaryAllocation(
            byteCount: textSize + frameSize,
            alignment: 16
        ) { memory in
            var arena = unsafe TextArena(memory: UnsafeMutableRawBufferPointer(rebasing: memory[..<textSize]))
            let frame = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[textSize...])
            guard let layout = unsafe encode(target, message, headers, stamped, &arena, frame) else {
                return .failure(AMQPError(.invalidArgument, "the message's properties cannot be encoded"))
            }
            return unsafe .success(body(UnsafeMutableRawBufferPointer(rebasing: frame[..<layout.size]), layout))
        }
        return try result.get()
    }

    private static func encode(
        _ target: PublishTarget,
        _ message: AMQPMessage,
        _ headers: amqp_table_t,
        _ stamped: Bool,
        _ arena: inout TextArena,
        _ frame: UnsafeMutableRawBufferPointer
    ) -> PublishHeadLayout? {
        guard let base = frame.baseAddress else { return nil }
        let payload = FrameFormat.headerSize

        var method = unsafe amqp_basic_publish_t(
            ticket: 0,
            exchange: arena.copy(target.exchange),
            routing_key: arena.copy(target.routingKey),
            mandatory: target.mandatory ? 1 : 0,
            immediate: 0
        )
        let space = unsafe amqp_bytes_t(len: frame.count - payload - 4 - 32, bytes: base + payload + 4)
        let methodSize = unsafe amqp_encode_method(AMQP_BASIC_PUBLISH_METHOD, &method, space)
        guard methodSize >= 0 else { return nil }
        let headerFrame = payload + 4 + Int(methodSize) + 1
        unsafe frame.storeBigEndian(FrameFormat.method, at: 0)
        unsafe frame.storeBigEndian(UInt32(4 + methodSize), at: 3)
        unsafe frame.storeBigEndian(AMQP_BASIC_PUBLISH_METHOD, at: payload)
        unsafe frame.storeBigEndian(FrameFormat.endOctet, at: headerFrame - 1)

        var properties = unsafe arena.properties(message.properties, headers)
        let start = headerFrame + payload + 12
        let rest = unsafe amqp_bytes_t(len: frame.count - start - 1, bytes: base + start)
        let size = unsafe amqp_encode_properties(FrameFormat.basicClass, &properties, rest)
        guard size >= 0 else { return nil }
        let end = start + Int(size)
        unsafe frame.storeBigEndian(FrameFormat.contentHeader, at: headerFrame)
        unsafe frame.storeBigEndian(UInt32(12 + size), at: headerFrame + 3)
        unsafe frame.storeBigEndian(FrameFormat.basicClass, at: headerFrame + payload)
        unsafe frame.storeBigEndian(UInt16(0), at: headerFrame + payload + 2)
        unsafe frame.storeBigEndian(UInt64(message.body.count), at: headerFrame + payload + 4)
        unsafe frame.storeBigEndian(FrameFormat.endOctet, at: end)

        return PublishHeadLayout(
            headerFrame: headerFrame,
            size: end + 1,
            stamp: stamped ? unsafe stampOffset(frame, properties: start, message.properties) : nil,
            mandatory: target.mandatory
        )
    }

    /// The stamp is the last entry of the headers table, so its value ends where the table ends.
    private static func stampOffset(
        _ frame: UnsafeMutableRawBufferPointer,
        properties start: Int,
        _ properties: AMQPProperties
    ) -> Int? {
        var offset = start + 2
        for text in [properties.contentType, properties.contentEncoding] {
            offset += text.map { 1 + $0.utf8.count } ?? 0
        }
        guard let size = unsafe UnsafeRawBufferPointer(frame).bigEndian(UInt32.self, at: offset) else { return nil }
        return offset + 4 + Int(size) - 8
    }

    private static func checkedTextSize(
        _ target: PublishTarget,
        _ properties: AMQPProperties
    ) throws(AMQPError) -> Int {
        var total = 0
        func add(_ text: String?, _ field: StaticString) throws(AMQPError) {
            guard let text else { return }
            let size = text.utf8.count
            try AMQPError.checkShortString(size: size, "\(field)")
            total += size + 1
        }
        try add(target.exchange, "exchange")
        try add(target.routingKey, "routing key")
        try add(properties.contentType, "content-type")
        try add(properties.contentEncoding, "content-encoding")
        try add(properties.correlationID, "correlation-id")
        try add(properties.replyTo, "reply-to")
        try add(properties.expiration, "expiration")
        try add(properties.messageID, "message-id")
        try add(properties.type, "type")
        try add(properties.userID, "user-id")
        try add(properties.appID, "app-id")
        try add(properties.clusterID, "cluster-id")
        return total
    }
}

/// Copies texts one behind the other into borrowed memory that is as large as all of them together.
@safe
private struct TextArena {
    let memory: UnsafeMutableRawBufferPointer
    var used = 0

    init(memory: UnsafeMutableRawBufferPointer) {
        unsafe self.memory = unsafe memory
    }

    mutating func copy(_ text: String) -> amqp_bytes_t {
        guard let base = unsafe memory.baseAddress else { return unsafe amqp_empty_bytes }
        let start = unsafe base + used
        let room = unsafe memory.count - used
        let copied: Int? = unsafe text.utf8.withContiguousStorageIfAvailable { bytes in
            guard let source = bytes.baseAddress, bytes.count <= room else { return 0 }
            unsafe start.copyMemory(from: source, byteCount: bytes.count)
            return bytes.count
        }
        var count = copied ?? 0
        if copied == nil {
            for byte in text.utf8 where count < room {
                unsafe start.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                count += 1
            }
        }
        used += count
        return unsafe amqp_bytes_t(len: count, bytes: start)
    }

    mutating func properties(_ source: AMQPProperties, _ headers: amqp_table_t) -> amqp_basic_properties_t {
        var result = unsafe amqp_basic_properties_t()
        var flags: Int32 = 0
        if let text = source.contentType {
            flags |= AMQP_BASIC_CONTENT_TYPE_FLAG
            unsafe result.content_type = copy(text)
        }
        if let text = source.contentEncoding {
            flags |= AMQP_BASIC_CONTENT_ENCODING_FLAG
            unsafe result.content_encoding = copy(text)
        }
        if unsafe headers.num_entries > 0 {
            flags |= AMQP_BASIC_HEADERS_FLAG
            unsafe result.headers = headers
        }
        if let mode = source.deliveryMode {
            flags |= AMQP_BASIC_DELIVERY_MODE_FLAG
            unsafe result.delivery_mode = mode.rawValue
        }
        if let priority = source.priority {
            flags |= AMQP_BASIC_PRIORITY_FLAG
            unsafe result.priority = priority
        }
        if let text = source.correlationID {
            flags |= AMQP_BASIC_CORRELATION_ID_FLAG
            unsafe result.correlation_id = copy(text)
        }
        if let text = source.replyTo {
            flags |= AMQP_BASIC_REPLY_TO_FLAG
            unsafe result.reply_to = copy(text)
        }
        if let text = source.expiration {
            flags |= AMQP_BASIC_EXPIRATION_FLAG
            unsafe result.expiration = copy(text)
        }
        if let text = source.messageID {
            flags |= AMQP_BASIC_MESSAGE_ID_FLAG
            unsafe result.message_id = copy(text)
        }
        if let seconds = source.timestamp {
            flags |= AMQP_BASIC_TIMESTAMP_FLAG
            unsafe result.timestamp = seconds
        }
        if let text = source.type {
            flags |= AMQP_BASIC_TYPE_FLAG
            unsafe result.type = copy(text)
        }
        if let text = source.userID {
            flags |= AMQP_BASIC_USER_ID_FLAG
            unsafe result.user_id = copy(text)
        }
        if let text = source.appID {
            flags |= AMQP_BASIC_APP_ID_FLAG
            unsafe result.app_id = copy(text)
        }
        if let text = source.clusterID {
            flags |= AMQP_BASIC_CLUSTER_ID_FLAG
            unsafe result.cluster_id = copy(text)
        }
        unsafe result._flags = UInt32(bitPattern: flags)
        return unsafe result
    }
}
