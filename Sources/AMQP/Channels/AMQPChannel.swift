import WarrenRuntime

/// A channel: the whole of AMQP 0-9-1 for those who need it.
///
/// Lent by ``AMQPClient/withChannel(for:_:)``.
///
/// It lives as long as the connection under it: when that is lost, its operations throw, and a new channel is needed.
/// Its operations may be used by several tasks; each gets its own answer. A declaration that the broker refuses closes
/// the channel.
///
/// Every operation throws `.timedOut` after the configured operation timeout, `.cancelled`, `.connectionLost`, or what
/// the broker says: `.notFound`, `.accessRefused`, `.preconditionFailed`, `.resourceLocked`, `.channelClosed`.
public final class AMQPChannel: Sendable {
    let connection: Connection
    let id: SlotID
    private let use: AMQPClient.ChannelUse
    private let recorder: TopologyRecorder

    init(connection: Connection, id: SlotID, use: AMQPClient.ChannelUse, recorder: TopologyRecorder) {
        self.connection = connection
        self.id = id
        self.use = use
        self.recorder = recorder
    }

    // MARK: - Exchanges

    /// Declares an exchange; not repeated after a reconnect, unlike ``AMQPClient/apply(_:onConflict:)``.
    public func declareExchange(_ exchange: AMQPExchange) async throws(AMQPError) {
        _ = try await connection.call(.exchangeDeclare(exchange, passive: false), on: id)
    }

    /// Checks that an exchange exists.
    public func checkExchange(_ name: String) async throws(AMQPError) {
        _ = try await connection.call(.exchangeDeclare(AMQPExchange(name, .direct), passive: true), on: id)
    }

    /// Deletes an exchange; with `ifUnused`, only if nothing is bound to it.
    public func deleteExchange(_ name: String, ifUnused: Bool = false) async throws(AMQPError) {
        let exchange = AMQPExchange(name, .direct)
        _ = try await undo(.exchange(exchange), .exchangeDelete(name: name, ifUnused: ifUnused))
    }

    // MARK: - Queues

    /// Declares a queue; not repeated after a reconnect, unlike ``AMQPClient/apply(_:onConflict:)``.
    @discardableResult
    public func declareQueue(_ queue: AMQPQueue) async throws(AMQPError) -> AMQPQueueStatus {
        try await queueStatus(.queueDeclare(queue, passive: false))
    }

    /// Asks for a queue's counts without changing anything.
    ///
    /// - Throws: `.notFound` when there is no such queue.
    public func queueStatus(_ name: String) async throws(AMQPError) -> AMQPQueueStatus {
        try await queueStatus(.queueDeclare(AMQPQueue(name, .classic), passive: true))
    }

    /// Removes all messages that are ready, and says how many they were.
    @discardableResult
    public func purgeQueue(_ name: String) async throws(AMQPError) -> Int {
        guard case .queuePurgeOK(let count) = try await connection.call(.queuePurge(name: name), on: id) else {
            throw unexpectedAnswer
        }
        return Int(count)
    }

    /// Deletes a queue and says how many messages went with it.
    ///
    /// With `ifUnused` only if it has no consumer, with `ifEmpty` only if it has no message. Both are for classic queues:
    /// RabbitMQ closes the connection of who asks it of a quorum queue, and does not heed it for a stream.
    @discardableResult
    public func deleteQueue(
        _ name: String,
        ifUnused: Bool = false,
        ifEmpty: Bool = false
    ) async throws(AMQPError) -> Int {
        let method = ClientMethod.queueDelete(name: name, ifUnused: ifUnused, ifEmpty: ifEmpty)
        guard case .queueDeleteOK(let count) = try await undo(.queue(AMQPQueue(name, .classic)), method) else {
            throw unexpectedAnswer
        }
        return Int(count)
    }

    // MARK: - Bindings

    /// Binds a queue or an exchange to an exchange.
    public func bind(_ binding: AMQPBinding) async throws(AMQPError) {
        let method: ClientMethod = binding.target == .queue ? .queueBind(binding) : .exchangeBind(binding)
        _ = try await connection.call(method, on: id)
    }

    /// Removes a binding.
    public func unbind(_ binding: AMQPBinding) async throws(AMQPError) {
        let method: ClientMethod = binding.target == .queue ? .queueUnbind(binding) : .exchangeUnbind(binding)
        _ = try await undo(.binding(binding), method)
    }

    // MARK: - Messages

    /// Puts a message into the outbox, without a confirm: a lost connection loses it.
    ///
    /// Waits for room. For messages that matter there is ``AMQPClient/publish(_:to:routingKey:mandatory:)``; this is for
    /// transactions, and for what may be lost.
    ///
    /// - Parameters:
    ///   - message: body and properties.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key.
    ///   - mandatory: whether the broker gives the message back when no queue takes it; see ``takeReturns()``.
    /// - Throws: `.invalidArgument` for what cannot be sent, and on a channel that is not for publishing.
    public func publish(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = false
    ) async throws(AMQPError) {
        let target = try target(exchange, routingKey, mandatory)
        if let admission = try connection.submit(message, target, on: id, nil) {
            try await connection.admission(admission, target, on: id)
        }
    }

    /// The mandatory messages published on this channel that no queue took, since this was last asked.
    ///
    /// Those of messages published before an operation that has an answer, say ``queueStatus(_:)``, are here when that
    /// has come; those of a transaction when ``commit()`` has returned. The newest 1,000 are kept.
    public func takeReturns() -> [AMQPReturn] {
        connection.perform { core, _ in core.channels[id]?.value.takeReturns() ?? [] }
    }

    /// Fetches one message; it stays unacked until ``ack(_:multiple:)``, ``nack(_:multiple:requeue:)`` or
    /// ``reject(_:requeue:)``.
    ///
    /// - Parameters:
    ///   - queue: the queue's name.
    ///   - acknowledgement: with `.automatic` the broker forgets the message when it has sent it: there is nothing to settle,
    ///     and what is lost on the way is lost.
    /// - Returns: the message, or `nil` when the queue is empty.
    /// - Throws: `.notFound`, `.accessRefused`, `.resourceLocked`, and what every operation throws.
    public func get(
        _ queue: String,
        acknowledgement: AMQPAcknowledgement = .manual
    ) async throws(AMQPError) -> AMQPFetched? {
        switch try await connection.call(.basicGet(queue: queue, noAck: acknowledgement == .automatic), on: id) {
        case .message(let message): return AMQPFetched(message, on: self)
        case .basicGetEmpty: return nil
        default: throw unexpectedAnswer
        }
    }

    /// Acks a fetched message; with `multiple`, also everything fetched before it on its channel.
    ///
    /// - Returns: whether it is on its way, or stale: the channel that it was fetched on is gone, or has given it back,
    ///   so that the broker delivers it again; nothing was sent then.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func ack(_ message: AMQPFetched, multiple: Bool = false) throws(AMQPError) -> AMQPDelivery.Settlement {
        try message.settle(.ack(tag: message.deliveryTag, multiple: multiple))
    }

    /// Gives a fetched message back; with `multiple`, also everything fetched before it on its channel.
    ///
    /// With `requeue` it goes back into the queue, otherwise it is dead-lettered or dropped.
    ///
    /// - Returns: as ``ack(_:multiple:)``.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func nack(
        _ message: AMQPFetched,
        multiple: Bool = false,
        requeue: Bool = true
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        try message.settle(.nack(tag: message.deliveryTag, multiple: multiple, requeue: requeue))
    }

    /// Says that a fetched message failed; on every version of RabbitMQ that counts towards a delivery limit.
    ///
    /// With `requeue` it goes back into the queue, otherwise it is dead-lettered or dropped.
    ///
    /// - Returns: as ``ack(_:multiple:)``.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func reject(_ message: AMQPFetched, requeue: Bool = false) throws(AMQPError) -> AMQPDelivery.Settlement {
        try message.settle(.reject(tag: message.deliveryTag, requeue: requeue))
    }

    /// Gives everything back that was fetched on this channel and is not settled; the broker delivers it again.
    public func recover() async throws(AMQPError) {
        // Without requeuing the broker closes the whole connection: it does not offer that.
        _ = try await connection.call(.basicRecover(requeue: true), on: id)
    }

    // MARK: - Transactions

    /// Makes the channel transactional.
    public func selectTransaction() async throws(AMQPError) {
        _ = try await connection.call(.txSelect, on: id)
    }

    /// Commits what was published and acked since the last commit.
    public func commit() async throws(AMQPError) {
        _ = try await connection.call(.txCommit, on: id)
    }

    /// Forgets what was published and acked since the last commit.
    public func rollback() async throws(AMQPError) {
        _ = try await connection.call(.txRollback, on: id)
    }

    /// - Throws: on the connection that must never be blocked.
    func target(_ exchange: String, _ routingKey: String, _ mandatory: Bool) throws(AMQPError) -> PublishTarget {
        guard use == .publishing else {
            throw AMQPError(
                .invalidArgument,
                "nothing is published on this channel: take one withChannel(for: .publishing)"
            )
        }
        return PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory, isTracked: false)
    }

    /// Deletes an entity and forgets it; also where no answer comes, for then the broker may have done it.
    private func undo(_ entity: Topology.Entity, _ method: ClientMethod) async throws(AMQPError) -> CallReply {
        do throws(AMQPError) {
            let answer = try await connection.call(method, on: id)
            recorder.forget(entity)
            return answer
        } catch {
            if [.connectionLost, .timedOut, .cancelled].contains(error.code) { recorder.forget(entity) }
            throw error
        }
    }

    private func queueStatus(_ method: ClientMethod) async throws(AMQPError) -> AMQPQueueStatus {
        guard case .queueDeclareOK(let status) = try await connection.call(method, on: id) else {
            throw unexpectedAnswer
        }
        return status
    }

    /// The call queue matches answers to calls, so this cannot come from a broker.
    private var unexpectedAnswer: AMQPError {
        AMQPError(.protocolViolation, "the broker gave the answer to another question")
    }
}

/// A message fetched by ``AMQPChannel/get(_:acknowledgement:)``, to be settled once, on the channel it was fetched on.
///
/// Two are equal when they are the same message fetched on the same channel.
public struct AMQPFetched: Sendable, Hashable {
    /// The message.
    public let message: AMQPMessage
    /// The exchange it was published to.
    public let exchange: String
    /// The key it was published with.
    public let routingKey: String
    /// Whether it was delivered before.
    public let redelivered: Bool
    /// Its number on the channel.
    public let deliveryTag: UInt64
    /// How many messages were left in the queue.
    public let remaining: Int
    private let channel: AMQPChannel

    init(_ incoming: IncomingMessage, on channel: AMQPChannel) {
        self.channel = channel
        message = incoming.message
        exchange = incoming.envelope.exchange
        routingKey = incoming.envelope.routingKey
        redelivered = incoming.envelope.redelivered
        deliveryTag = incoming.envelope.tag
        remaining = Int(incoming.remaining)
    }

    fileprivate func settle(_ settlement: DeliveryLedger.SettlingMethod) throws(AMQPError) -> AMQPDelivery.Settlement {
        try channel.connection.settleFetched(settlement, on: channel.id)
    }

    /// Whether both are the same message fetched on the same channel.
    public static func == (one: AMQPFetched, other: AMQPFetched) -> Bool {
        one.channel === other.channel && one.deliveryTag == other.deliveryTag
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(channel))
        hasher.combine(deliveryTag)
    }
}
