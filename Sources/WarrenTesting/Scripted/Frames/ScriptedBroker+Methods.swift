/// The methods by name (AMQP 0-9-1, and RabbitMQ's extensions of it).
extension ScriptedBroker.Method {
    // MARK: - connection

    /// `connection.start`.
    public static let connectionStart = Self(10, 10)
    /// `connection.start-ok`.
    public static let connectionStartOk = Self(10, 11)
    /// `connection.secure`.
    public static let connectionSecure = Self(10, 20)
    /// `connection.secure-ok`.
    public static let connectionSecureOk = Self(10, 21)
    /// `connection.tune`.
    public static let connectionTune = Self(10, 30)
    /// `connection.tune-ok`.
    public static let connectionTuneOk = Self(10, 31)
    /// `connection.open`.
    public static let connectionOpen = Self(10, 40)
    /// `connection.open-ok`.
    public static let connectionOpenOk = Self(10, 41)
    /// `connection.close`.
    public static let connectionClose = Self(10, 50)
    /// `connection.close-ok`.
    public static let connectionCloseOk = Self(10, 51)
    /// `connection.blocked`.
    public static let connectionBlocked = Self(10, 60)
    /// `connection.unblocked`.
    public static let connectionUnblocked = Self(10, 61)
    /// `connection.update-secret`.
    public static let connectionUpdateSecret = Self(10, 70)
    /// `connection.update-secret-ok`.
    public static let connectionUpdateSecretOk = Self(10, 71)

    // MARK: - channel

    /// `channel.open`.
    public static let channelOpen = Self(20, 10)
    /// `channel.open-ok`.
    public static let channelOpenOk = Self(20, 11)
    /// `channel.flow`.
    public static let channelFlow = Self(20, 20)
    /// `channel.flow-ok`.
    public static let channelFlowOk = Self(20, 21)
    /// `channel.close`.
    public static let channelClose = Self(20, 40)
    /// `channel.close-ok`.
    public static let channelCloseOk = Self(20, 41)

    // MARK: - exchange

    /// `exchange.declare`.
    public static let exchangeDeclare = Self(40, 10)
    /// `exchange.declare-ok`.
    public static let exchangeDeclareOk = Self(40, 11)
    /// `exchange.delete`.
    public static let exchangeDelete = Self(40, 20)
    /// `exchange.delete-ok`.
    public static let exchangeDeleteOk = Self(40, 21)
    /// `exchange.bind`.
    public static let exchangeBind = Self(40, 30)
    /// `exchange.bind-ok`.
    public static let exchangeBindOk = Self(40, 31)
    /// `exchange.unbind`.
    public static let exchangeUnbind = Self(40, 40)
    /// `exchange.unbind-ok`.
    public static let exchangeUnbindOk = Self(40, 51)

    // MARK: - queue

    /// `queue.declare`.
    public static let queueDeclare = Self(50, 10)
    /// `queue.declare-ok`.
    public static let queueDeclareOk = Self(50, 11)
    /// `queue.bind`.
    public static let queueBind = Self(50, 20)
    /// `queue.bind-ok`.
    public static let queueBindOk = Self(50, 21)
    /// `queue.purge`.
    public static let queuePurge = Self(50, 30)
    /// `queue.purge-ok`.
    public static let queuePurgeOk = Self(50, 31)
    /// `queue.delete`.
    public static let queueDelete = Self(50, 40)
    /// `queue.delete-ok`.
    public static let queueDeleteOk = Self(50, 41)
    /// `queue.unbind`.
    public static let queueUnbind = Self(50, 50)
    /// `queue.unbind-ok`.
    public static let queueUnbindOk = Self(50, 51)

    // MARK: - basic

    /// `basic.qos`.
    public static let basicQos = Self(60, 10)
    /// `basic.qos-ok`.
    public static let basicQosOk = Self(60, 11)
    /// `basic.consume`.
    public static let basicConsume = Self(60, 20)
    /// `basic.consume-ok`.
    public static let basicConsumeOk = Self(60, 21)
    /// `basic.cancel`.
    public static let basicCancel = Self(60, 30)
    /// `basic.cancel-ok`.
    public static let basicCancelOk = Self(60, 31)
    /// `basic.publish`.
    public static let basicPublish = Self(60, 40)
    /// `basic.return`.
    public static let basicReturn = Self(60, 50)
    /// `basic.deliver`.
    public static let basicDeliver = Self(60, 60)
    /// `basic.get`.
    public static let basicGet = Self(60, 70)
    /// `basic.get-ok`.
    public static let basicGetOk = Self(60, 71)
    /// `basic.get-empty`.
    public static let basicGetEmpty = Self(60, 72)
    /// `basic.ack`.
    public static let basicAck = Self(60, 80)
    /// `basic.reject`.
    public static let basicReject = Self(60, 90)
    /// `basic.recover-async`.
    public static let basicRecoverAsync = Self(60, 100)
    /// `basic.recover`.
    public static let basicRecover = Self(60, 110)
    /// `basic.recover-ok`.
    public static let basicRecoverOk = Self(60, 111)
    /// `basic.nack`.
    public static let basicNack = Self(60, 120)

    // MARK: - confirm

    /// `confirm.select`.
    public static let confirmSelect = Self(85, 10)
    /// `confirm.select-ok`.
    public static let confirmSelectOk = Self(85, 11)

    // MARK: - tx

    /// `tx.select`.
    public static let txSelect = Self(90, 10)
    /// `tx.select-ok`.
    public static let txSelectOk = Self(90, 11)
    /// `tx.commit`.
    public static let txCommit = Self(90, 20)
    /// `tx.commit-ok`.
    public static let txCommitOk = Self(90, 21)
    /// `tx.rollback`.
    public static let txRollback = Self(90, 30)
    /// `tx.rollback-ok`.
    public static let txRollbackOk = Self(90, 31)
}
