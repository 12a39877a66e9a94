import CRabbitMQ
import WarrenRuntime

/// Encodes methods other than `basic.publish` with rabbitmq-c.
struct MethodEncoder: ~Copyable {
    private var pool = CodecPool()

    /// Appends one method frame.
    ///
    /// - Throws: `.invalidArgument` when a name is too long or the method does not fit a frame of `frameMax` bytes.
    ///   Nothing is appended then.
    mutating func append(
        _ method: ClientMethod,
        channel: UInt16,
        frameMax: Int,
        to buffer: inout ByteBuffer
    ) throws(AMQPError) {
        defer { pool.recycle() }
        var capacity = 512
        while true {
            let limit = min(capacity, frameMax - FrameFormat.overhead)
            if try encode(method, channel: channel, payloadLimit: limit, to: &buffer) { return }
            guard limit == capacity else {
                throw AMQPError(
                    .invalidArgument,
                    "the arguments do not fit a frame; this connection allows \(frameMax) bytes"
                )
            }
            capacity *= 8
        }
    }

    /// - Returns: whether the arguments fitted into `payloadLimit` bytes.
    private mutating func encode(
        _ method: ClientMethod,
        channel: UInt16,
        payloadLimit: Int,
        to buffer: inout ByteBuffer
    ) throws(AMQPError) -> Bool {
        var fitted = false
        var failure: AMQPError?
        unsafe buffer.append(capacity: payloadLimit + FrameFormat.overhead) { frame in
            let arguments = unsafe amqp_bytes_t(
                len: payloadLimit - 4,
                bytes: frame.baseAddress.map { unsafe $0 + FrameFormat.headerSize + 4 }
            )
            do throws(AMQPError) {
                guard let (id, size) = unsafe try encodeArguments(method, arguments) else { return 0 }
                unsafe frame.storeBigEndian(FrameFormat.method, at: 0)
                unsafe frame.storeBigEndian(channel, at: 1)
                unsafe frame.storeBigEndian(UInt32(size + 4), at: 3)
                unsafe frame.storeBigEndian(id, at: FrameFormat.headerSize)
                unsafe frame.storeBigEndian(FrameFormat.endOctet, at: FrameFormat.headerSize + 4 + size)
                fitted = true
                return size + 4 + FrameFormat.overhead
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
        return fitted
    }

    /// - Returns: the method's number and the size of its arguments, or `nil` when they do not fit.
    private mutating func encodeArguments(
        _ method: ClientMethod,
        _ target: amqp_bytes_t
    ) throws(AMQPError) -> (UInt32, Int)? {
        func encode<Arguments>(_ id: UInt32, _ arguments: Arguments) -> (UInt32, Int)? {
            var arguments = arguments
            let size = unsafe withUnsafeMutablePointer(to: &arguments) {
                unsafe amqp_encode_method(id, $0, target)
            }
            return size < 0 ? nil : (id, Int(size))
        }
        func flag(_ value: Bool) -> amqp_boolean_t { value ? 1 : 0 }

        switch method {
        case .connectionStartOK(let properties, let mechanism, let response):
            return unsafe encode(
                AMQP_CONNECTION_START_OK_METHOD,
                amqp_connection_start_ok_t(
                    client_properties: try pool.table(properties),
                    mechanism: try pool.shortString(mechanism, "SASL mechanism"),
                    response: try pool.copy(response),
                    locale: try pool.copy("en_US")
                )
            )
        case .connectionSecureOK(let response):
            return unsafe encode(
                AMQP_CONNECTION_SECURE_OK_METHOD,
                amqp_connection_secure_ok_t(response: try pool.copy(response))
            )
        case .connectionTuneOK(let tuning):
            return encode(
                AMQP_CONNECTION_TUNE_OK_METHOD,
                amqp_connection_tune_ok_t(
                    channel_max: tuning.channelMax,
                    frame_max: tuning.frameMax,
                    heartbeat: tuning.heartbeat
                )
            )
        case .connectionOpen(let vhost):
            return unsafe encode(
                AMQP_CONNECTION_OPEN_METHOD,
                amqp_connection_open_t(
                    virtual_host: try pool.shortString(vhost, "virtual host"),
                    capabilities: amqp_empty_bytes,
                    insist: 0
                )
            )
        case .connectionClose(let reason):
            return unsafe encode(
                AMQP_CONNECTION_CLOSE_METHOD,
                amqp_connection_close_t(
                    reply_code: reason.reply.code,
                    reply_text: try pool.shortString(reason.reply.text, "reply text"),
                    class_id: reason.classID,
                    method_id: reason.methodID
                )
            )
        case .connectionCloseOK:
            return encode(AMQP_CONNECTION_CLOSE_OK_METHOD, amqp_connection_close_ok_t())
        case .connectionUpdateSecret(let secret, let reason):
            return unsafe try UpdateSecret.encode(secret, reason, target)
        case .channelOpen:
            return unsafe encode(AMQP_CHANNEL_OPEN_METHOD, amqp_channel_open_t(out_of_band: amqp_empty_bytes))
        case .channelFlowOK(let active):
            return encode(AMQP_CHANNEL_FLOW_OK_METHOD, amqp_channel_flow_ok_t(active: flag(active)))
        case .channelClose(let reason):
            return unsafe encode(
                AMQP_CHANNEL_CLOSE_METHOD,
                amqp_channel_close_t(
                    reply_code: reason.reply.code,
                    reply_text: try pool.shortString(reason.reply.text, "reply text"),
                    class_id: reason.classID,
                    method_id: reason.methodID
                )
            )
        case .channelCloseOK:
            return encode(AMQP_CHANNEL_CLOSE_OK_METHOD, amqp_channel_close_ok_t())

        case .exchangeDeclare(let exchange, let passive):
            return unsafe encode(
                AMQP_EXCHANGE_DECLARE_METHOD,
                amqp_exchange_declare_t(
                    ticket: 0,
                    exchange: try pool.shortString(exchange.name, "exchange"),
                    type: try pool.shortString(exchange.kind.name, "exchange type"),
                    passive: flag(passive),
                    durable: flag(exchange.durable),
                    auto_delete: flag(exchange.autoDelete),
                    internal: flag(exchange.internal),
                    nowait: 0,
                    arguments: try pool.table(exchange.declaredArguments)
                )
            )
        case .exchangeDelete(let name, let ifUnused):
            return unsafe encode(
                AMQP_EXCHANGE_DELETE_METHOD,
                amqp_exchange_delete_t(
                    ticket: 0,
                    exchange: try pool.shortString(name, "exchange"),
                    if_unused: flag(ifUnused),
                    nowait: 0
                )
            )
        case .exchangeBind(let binding):
            return unsafe encode(
                AMQP_EXCHANGE_BIND_METHOD,
                amqp_exchange_bind_t(
                    ticket: 0,
                    destination: try pool.shortString(binding.destination, "exchange"),
                    source: try pool.shortString(binding.source, "exchange"),
                    routing_key: try pool.shortString(binding.routingKey, "routing key"),
                    nowait: 0,
                    arguments: try pool.table(binding.arguments)
                )
            )
        case .exchangeUnbind(let binding):
            return unsafe encode(
                AMQP_EXCHANGE_UNBIND_METHOD,
                amqp_exchange_unbind_t(
                    ticket: 0,
                    destination: try pool.shortString(binding.destination, "exchange"),
                    source: try pool.shortString(binding.source, "exchange"),
                    routing_key: try pool.shortString(binding.routingKey, "routing key"),
                    nowait: 0,
                    arguments: try pool.table(binding.arguments)
                )
            )

        case .queueDeclare(let queue, let passive):
            return unsafe encode(
                AMQP_QUEUE_DECLARE_METHOD,
                amqp_queue_declare_t(
                    ticket: 0,
                    queue: try pool.shortString(queue.name, "queue"),
                    passive: flag(passive),
                    durable: flag(queue.durable),
                    exclusive: flag(queue.exclusive),
                    auto_delete: flag(queue.autoDelete),
                    nowait: 0,
                    arguments: try pool.table(queue.declaredArguments)
                )
            )
        case .queueBind(let binding):
            return unsafe encode(
                AMQP_QUEUE_BIND_METHOD,
                amqp_queue_bind_t(
                    ticket: 0,
                    queue: try pool.shortString(binding.destination, "queue"),
                    exchange: try pool.shortString(binding.source, "exchange"),
                    routing_key: try pool.shortString(binding.routingKey, "routing key"),
                    nowait: 0,
                    arguments: try pool.table(binding.arguments)
                )
            )
        case .queueUnbind(let binding):
            return unsafe encode(
                AMQP_QUEUE_UNBIND_METHOD,
                amqp_queue_unbind_t(
                    ticket: 0,
                    queue: try pool.shortString(binding.destination, "queue"),
                    exchange: try pool.shortString(binding.source, "exchange"),
                    routing_key: try pool.shortString(binding.routingKey, "routing key"),
                    arguments: try pool.table(binding.arguments)
                )
            )
        case .queuePurge(let name):
            return unsafe encode(
                AMQP_QUEUE_PURGE_METHOD,
                amqp_queue_purge_t(ticket: 0, queue: try pool.shortString(name, "queue"), nowait: 0)
            )
        case .queueDelete(let name, let ifUnused, let ifEmpty):
            return unsafe encode(
                AMQP_QUEUE_DELETE_METHOD,
                amqp_queue_delete_t(
                    ticket: 0,
                    queue: try pool.shortString(name, "queue"),
                    if_unused: flag(ifUnused),
                    if_empty: flag(ifEmpty),
                    nowait: 0
                )
            )

        case .basicQos(let prefetch):
            return encode(
                AMQP_BASIC_QOS_METHOD,
                amqp_basic_qos_t(prefetch_size: 0, prefetch_count: prefetch, global: 0)
            )
        case .basicConsume(let queue, let consumerTag, let noLocal, let noAck, let exclusive, let arguments):
            return unsafe encode(
                AMQP_BASIC_CONSUME_METHOD,
                amqp_basic_consume_t(
                    ticket: 0,
                    queue: try pool.shortString(queue, "queue"),
                    consumer_tag: try pool.shortString(consumerTag, "consumer tag"),
                    no_local: flag(noLocal),
                    no_ack: flag(noAck),
                    exclusive: flag(exclusive),
                    nowait: 0,
                    arguments: try pool.table(arguments)
                )
            )
        case .basicCancel(let consumerTag):
            return unsafe encode(
                AMQP_BASIC_CANCEL_METHOD,
                amqp_basic_cancel_t(consumer_tag: try pool.shortString(consumerTag, "consumer tag"), nowait: 0)
            )
        case .basicGet(let queue, let noAck):
            return unsafe encode(
                AMQP_BASIC_GET_METHOD,
                amqp_basic_get_t(ticket: 0, queue: try pool.shortString(queue, "queue"), no_ack: flag(noAck))
            )
        case .basicAck(let tag, let multiple):
            return encode(AMQP_BASIC_ACK_METHOD, amqp_basic_ack_t(delivery_tag: tag, multiple: flag(multiple)))
        case .basicNack(let tag, let multiple, let requeue):
            return encode(
                AMQP_BASIC_NACK_METHOD,
                amqp_basic_nack_t(delivery_tag: tag, multiple: flag(multiple), requeue: flag(requeue))
            )
        case .basicReject(let tag, let requeue):
            return encode(
                AMQP_BASIC_REJECT_METHOD,
                amqp_basic_reject_t(delivery_tag: tag, requeue: flag(requeue))
            )
        case .basicRecover(let requeue):
            return encode(AMQP_BASIC_RECOVER_METHOD, amqp_basic_recover_t(requeue: flag(requeue)))

        case .confirmSelect:
            return encode(AMQP_CONFIRM_SELECT_METHOD, amqp_confirm_select_t(nowait: 0))
        case .txSelect:
            return encode(AMQP_TX_SELECT_METHOD, amqp_tx_select_t())
        case .txCommit:
            return encode(AMQP_TX_COMMIT_METHOD, amqp_tx_commit_t())
        case .txRollback:
            return encode(AMQP_TX_ROLLBACK_METHOD, amqp_tx_rollback_t())
        }
    }
}
