extension AMQPProperties {
    /// How many bytes the content-header frame takes that carries these properties, frame overhead included: a
    /// connection refuses to publish when they are more than its ``AMQPBrokerInfo/frameMax``.
    ///
    /// - Parameter mandatory: how the message is to be published. A mandatory one without a message id is given a
    ///   header more, which counts.
    /// - Returns: the size in bytes.
    /// - Throws: `.invalidArgument` naming the field that cannot be encoded at all.
    package func encodedHeaderSize(mandatory: Bool) throws(AMQPError) -> Int {
        let target = PublishTarget(exchange: "", routingKey: "", mandatory: mandatory)
        return unsafe try PublishEncoder.withHead(target, AMQPMessage(body: [], properties: self)) { _, layout in
            layout.size - layout.headerFrame
        }
    }
}
