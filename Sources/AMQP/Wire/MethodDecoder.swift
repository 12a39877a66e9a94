import CRabbitMQ

/// Decodes method payloads with rabbitmq-c.
///
/// Only methods that a client may receive reach the C decoder; an unknown one is an error that names it.
struct MethodDecoder: ~Copyable {
    private var pool = CodecPool()
    private var exchanges = RepeatedString()
    private var routingKeys = RepeatedString()

    mutating func decode(_ payload: UnsafeRawBufferPointer) throws(WireError) -> ServerMethod {
        guard let id = unsafe payload.bigEndian(UInt32.self, at: 0) else {
            throw WireError("a method frame of \(payload.count) bytes")
        }
        let arguments = unsafe UnsafeRawBufferPointer(rebasing: payload[4...])
        if id == AMQP_CONNECTION_START_METHOD {
            _ = unsafe try TableScanner.check(arguments, at: 2)
        }
        if id == UpdateSecret.answer { return .connectionUpdateSecretOK }
        // Most are deliveries or confirms.
        guard id == AMQP_BASIC_DELIVER_METHOD || id == AMQP_BASIC_ACK_METHOD || Self.expected.contains(id) else {
            throw WireError("method \(id >> 16).\(id & 0xFFFF), which a broker does not send")
        }
        let decoded = unsafe try decodeArguments(id, arguments)
        defer { pool.recycle() }
        return unsafe try convert(id, decoded)
    }

    private mutating func decodeArguments(
        _ id: UInt32,
        _ arguments: UnsafeRawBufferPointer
    ) throws(WireError) -> UnsafeMutableRawPointer {
        let encoded = unsafe amqp_bytes_t(
            len: arguments.count,
            bytes: UnsafeMutableRawPointer(mutating: arguments.baseAddress)
        )
        var decoded: UnsafeMutableRawPointer?
        let status = unsafe pool.withPointer { unsafe amqp_decode_method(id, $0, encoded, &decoded) }
        guard status == 0, let decoded = unsafe decoded else {
            pool.recycle()
            throw WireError("method \(id >> 16).\(id & 0xFFFF) with arguments that cannot be read")
        }
        return unsafe decoded
    }

    private static let expected: Set<UInt32> = [
        AMQP_CONNECTION_START_METHOD, AMQP_CONNECTION_SECURE_METHOD, AMQP_CONNECTION_TUNE_METHOD,
        AMQP_CONNECTION_OPEN_OK_METHOD, AMQP_CONNECTION_CLOSE_METHOD, AMQP_CONNECTION_CLOSE_OK_METHOD,
        AMQP_CONNECTION_BLOCKED_METHOD, AMQP_CONNECTION_UNBLOCKED_METHOD,
        AMQP_CHANNEL_OPEN_OK_METHOD, AMQP_CHANNEL_FLOW_METHOD, AMQP_CHANNEL_CLOSE_METHOD,
        AMQP_CHANNEL_CLOSE_OK_METHOD,
        AMQP_EXCHANGE_DECLARE_OK_METHOD, AMQP_EXCHANGE_DELETE_OK_METHOD, AMQP_EXCHANGE_BIND_OK_METHOD,
        AMQP_EXCHANGE_UNBIND_OK_METHOD,
        AMQP_QUEUE_DECLARE_OK_METHOD, AMQP_QUEUE_BIND_OK_METHOD, AMQP_QUEUE_UNBIND_OK_METHOD,
        AMQP_QUEUE_PURGE_OK_METHOD, AMQP_QUEUE_DELETE_OK_METHOD,
        AMQP_BASIC_QOS_OK_METHOD, AMQP_BASIC_CONSUME_OK_METHOD, AMQP_BASIC_CANCEL_METHOD,
        AMQP_BASIC_CANCEL_OK_METHOD, AMQP_BASIC_RETURN_METHOD, AMQP_BASIC_DELIVER_METHOD,
        AMQP_BASIC_GET_OK_METHOD, AMQP_BASIC_GET_EMPTY_METHOD, AMQP_BASIC_ACK_METHOD, AMQP_BASIC_NACK_METHOD,
        AMQP_BASIC_RECOVER_OK_METHOD,
        AMQP_CONFIRM_SELECT_OK_METHOD, AMQP_TX_SELECT_OK_METHOD, AMQP_TX_COMMIT_OK_METHOD,
        AMQP_TX_ROLLBACK_OK_METHOD,
    ]

    private mutating func convert(_ id: UInt32, _ decoded: UnsafeMutableRawPointer) throws(WireError) -> ServerMethod {
        switch id {
        case AMQP_BASIC_DELIVER_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_deliver_t.self)
            return unsafe .content(
                .deliver(envelope(method.delivery_tag, method.redelivered, method.exchange, method.routing_key))
            )
        case AMQP_BASIC_ACK_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_ack_t.self)
            return .basicAck(tag: method.delivery_tag, multiple: method.multiple != 0)
        case AMQP_BASIC_NACK_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_nack_t.self)
            return .basicNack(tag: method.delivery_tag, multiple: method.multiple != 0)
        case AMQP_BASIC_GET_OK_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_get_ok_t.self)
            let envelope = unsafe envelope(
                method.delivery_tag,
                method.redelivered,
                method.exchange,
                method.routing_key
            )
            return unsafe .content(.getOK(envelope, remaining: method.message_count))
        case AMQP_BASIC_RETURN_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_return_t.self)
            let reply = unsafe AMQPReply(code: method.reply_code, text: String(copying: method.reply_text))
            return unsafe .content(
                .return(
                    reply,
                    exchange: String(copying: method.exchange),
                    routingKey: String(copying: method.routing_key)
                )
            )
        case AMQP_BASIC_CANCEL_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_cancel_t.self)
            return unsafe .basicCancel(consumerTag: String(copying: method.consumer_tag))
        default:
            return unsafe try convertRare(id, decoded)
        }
    }

    private func convertRare(_ id: UInt32, _ decoded: UnsafeMutableRawPointer) throws(WireError) -> ServerMethod {
        switch id {
        case AMQP_CONNECTION_START_METHOD:
            let method = unsafe decoded.load(as: amqp_connection_start_t.self)
            return unsafe .connectionStart(
                ServerGreeting(
                    versionMajor: method.version_major,
                    versionMinor: method.version_minor,
                    properties: AMQPTable(method.server_properties),
                    mechanisms: String(copying: method.mechanisms).split(separator: " ").map(String.init)
                )
            )
        case AMQP_CONNECTION_SECURE_METHOD:
            let method = unsafe decoded.load(as: amqp_connection_secure_t.self)
            return unsafe .connectionSecure(challenge: Array(copying: method.challenge))
        case AMQP_CONNECTION_TUNE_METHOD:
            let method = unsafe decoded.load(as: amqp_connection_tune_t.self)
            return .connectionTune(
                Tuning(channelMax: method.channel_max, frameMax: method.frame_max, heartbeat: method.heartbeat)
            )
        case AMQP_CONNECTION_OPEN_OK_METHOD: return .connectionOpenOK
        case AMQP_CONNECTION_CLOSE_METHOD:
            let method = unsafe decoded.load(as: amqp_connection_close_t.self)
            let reply = unsafe AMQPReply(code: method.reply_code, text: String(copying: method.reply_text))
            return unsafe .connectionClose(
                CloseReason(reply: reply, classID: method.class_id, methodID: method.method_id)
            )
        case AMQP_CONNECTION_CLOSE_OK_METHOD: return .connectionCloseOK
        case AMQP_CONNECTION_BLOCKED_METHOD:
            let method = unsafe decoded.load(as: amqp_connection_blocked_t.self)
            return unsafe .connectionBlocked(reason: String(copying: method.reason))
        case AMQP_CONNECTION_UNBLOCKED_METHOD: return .connectionUnblocked
        case AMQP_CHANNEL_OPEN_OK_METHOD: return .channelOpenOK
        case AMQP_CHANNEL_FLOW_METHOD:
            return unsafe .channelFlow(active: decoded.load(as: amqp_channel_flow_t.self).active != 0)
        case AMQP_CHANNEL_CLOSE_METHOD:
            let method = unsafe decoded.load(as: amqp_channel_close_t.self)
            let reply = unsafe AMQPReply(code: method.reply_code, text: String(copying: method.reply_text))
            return unsafe .channelClose(
                CloseReason(reply: reply, classID: method.class_id, methodID: method.method_id)
            )
        case AMQP_CHANNEL_CLOSE_OK_METHOD: return .channelCloseOK
        default:
            return unsafe .reply(try convertReply(id, decoded))
        }
    }

    private func convertReply(_ id: UInt32, _ decoded: UnsafeMutableRawPointer) throws(WireError) -> CallReply {
        switch id {
        case AMQP_EXCHANGE_DECLARE_OK_METHOD: return .exchangeDeclareOK
        case AMQP_EXCHANGE_DELETE_OK_METHOD: return .exchangeDeleteOK
        case AMQP_EXCHANGE_BIND_OK_METHOD: return .exchangeBindOK
        case AMQP_EXCHANGE_UNBIND_OK_METHOD: return .exchangeUnbindOK
        case AMQP_QUEUE_DECLARE_OK_METHOD:
            let method = unsafe decoded.load(as: amqp_queue_declare_ok_t.self)
            return unsafe .queueDeclareOK(
                AMQPQueueStatus(
                    name: String(copying: method.queue),
                    messageCount: Int(method.message_count),
                    consumerCount: Int(method.consumer_count)
                )
            )
        case AMQP_QUEUE_BIND_OK_METHOD: return .queueBindOK
        case AMQP_QUEUE_UNBIND_OK_METHOD: return .queueUnbindOK
        case AMQP_QUEUE_PURGE_OK_METHOD:
            return unsafe .queuePurgeOK(messageCount: decoded.load(as: amqp_queue_purge_ok_t.self).message_count)
        case AMQP_QUEUE_DELETE_OK_METHOD:
            return unsafe .queueDeleteOK(messageCount: decoded.load(as: amqp_queue_delete_ok_t.self).message_count)
        case AMQP_BASIC_QOS_OK_METHOD: return .basicQosOK
        case AMQP_BASIC_CONSUME_OK_METHOD:
            let method = unsafe decoded.load(as: amqp_basic_consume_ok_t.self)
            return unsafe .basicConsumeOK(consumerTag: String(copying: method.consumer_tag))
        case AMQP_BASIC_CANCEL_OK_METHOD: return .basicCancelOK
        case AMQP_BASIC_GET_EMPTY_METHOD: return .basicGetEmpty
        case AMQP_BASIC_RECOVER_OK_METHOD: return .basicRecoverOK
        case AMQP_CONFIRM_SELECT_OK_METHOD: return .confirmSelectOK
        case AMQP_TX_SELECT_OK_METHOD: return .txSelectOK
        case AMQP_TX_COMMIT_OK_METHOD: return .txCommitOK
        case AMQP_TX_ROLLBACK_OK_METHOD: return .txRollbackOK
        default: throw WireError("method \(id >> 16).\(id & 0xFFFF), which a broker does not send")
        }
    }

    private mutating func envelope(
        _ tag: UInt64,
        _ redelivered: amqp_boolean_t,
        _ exchange: amqp_bytes_t,
        _ routingKey: amqp_bytes_t
    ) -> ContentMethod.Envelope {
        ContentMethod.Envelope(
            tag: tag,
            redelivered: redelivered != 0,
            exchange: unsafe exchanges.string(exchange),
            routingKey: unsafe routingKeys.string(routingKey)
        )
    }
}

/// A name that mostly equals the one before: the last string is handed out again instead of a new allocation.
private struct RepeatedString {
    private var last = ""

    mutating func string(_ bytes: amqp_bytes_t) -> String {
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
        let same =
            unsafe last.utf8.withContiguousStorageIfAvailable { text in
                unsafe UnsafeRawBufferPointer(text).holdsSame(as: buffer)
            } ?? false
        if !same { last = unsafe String(decoding: buffer, as: UTF8.self) }
        return last
    }
}
