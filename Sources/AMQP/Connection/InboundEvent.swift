/// Something the broker said, decoded outside the lock.
enum InboundEvent {
    case method(UInt16, ServerMethod)
    case delivered(UInt16, DeliveryContents)
    case got(UInt16, IncomingMessage)
    case returned(UInt16, AMQPReturn)
    /// A message that can be neither read nor kept, and why.
    case undecodable(UInt16, ContentMethod, WireError)
}
