/// Something the broker said, decoded outside the lock.
///
/// What comes often is small, and what is large is behind a reference: events are handed on several times.
enum InboundEvent {
    case delivered(UInt16, DeliveryContents)
    /// `basic.ack` or `basic.nack`.
    case confirmed(UInt16, tag: UInt64, multiple: Bool, acked: Bool)
    indirect case method(UInt16, ServerMethod)
    indirect case got(UInt16, IncomingMessage)
    indirect case returned(UInt16, AMQPReturn)
    /// A message that can be neither read nor kept, and why.
    indirect case undecodable(UInt16, ContentMethod, WireError)
}
