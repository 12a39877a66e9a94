/// What a client sends: the methods of AMQP 0-9-1 and RabbitMQ's extensions, as values.
enum ClientMethod: Sendable, Hashable {
    case connectionStartOK(clientProperties: AMQPTable, mechanism: String, response: [UInt8])
    case connectionSecureOK(response: [UInt8])
    case connectionTuneOK(Tuning)
    case connectionOpen(vhost: String)
    case connectionClose(CloseReason)
    case connectionCloseOK
    case connectionUpdateSecret(secret: [UInt8], reason: String)

    case channelOpen
    case channelFlowOK(active: Bool)
    case channelClose(CloseReason)
    case channelCloseOK

    case exchangeDeclare(AMQPExchange, passive: Bool)
    case exchangeDelete(name: String, ifUnused: Bool)
    case exchangeBind(AMQPBinding)
    case exchangeUnbind(AMQPBinding)

    case queueDeclare(AMQPQueue, passive: Bool)
    case queueBind(AMQPBinding)
    case queueUnbind(AMQPBinding)
    case queuePurge(name: String)
    case queueDelete(name: String, ifUnused: Bool, ifEmpty: Bool)

    case basicQos(prefetch: UInt16)
    case basicConsume(
        queue: String,
        consumerTag: String,
        noLocal: Bool = false,
        noAck: Bool = false,
        exclusive: Bool,
        arguments: AMQPTable
    )
    case basicCancel(consumerTag: String)
    case basicGet(queue: String, noAck: Bool = false)
    case basicAck(tag: UInt64, multiple: Bool)
    case basicNack(tag: UInt64, multiple: Bool, requeue: Bool)
    case basicReject(tag: UInt64, requeue: Bool)
    case basicRecover(requeue: Bool)

    case confirmSelect
    case txSelect
    case txCommit
    case txRollback
}
