import CRabbitMQ

/// `connection.update-secret` and its answer, RabbitMQ's methods that this rabbitmq-c does not know.
enum UpdateSecret {
    static let method: UInt32 = 0x000A_0046
    static let answer: UInt32 = 0x000A_0047

    /// Writes the arguments: the secret as a long string, the reason as a short one.
    ///
    /// - Returns: the method's number and the size of its arguments, or `nil` when they do not fit.
    static func encode(_ secret: [UInt8], _ reason: String, _ target: amqp_bytes_t) throws(AMQPError) -> (UInt32, Int)?
    {
        try AMQPError.checkShortString(reason, "reason")
        let size = 4 + secret.count + 1 + reason.utf8.count
        let room = unsafe target.bytes == nil ? 0 : target.len
        let memory = unsafe UnsafeMutableRawBufferPointer(start: target.bytes, count: room)
        guard size <= memory.count else { return nil }
        unsafe memory.storeBigEndian(UInt32(clamping: secret.count), at: 0)
        unsafe memory.storeBigEndian(UInt8(clamping: reason.utf8.count), at: 4 + secret.count)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[4...]).copyBytes(from: secret)
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[(5 + secret.count)...]).copyBytes(from: reason.utf8)
        return (method, size)
    }
}
