/// Who settles the deliveries of a consumer.
public enum AMQPAcknowledgement: Sendable, Hashable {
    /// The application, delivery by delivery; what it has not settled is delivered again.
    case manual
    /// The broker, by sending them: what is lost on the way, or with this program, is lost.
    ///
    /// The broker sends as fast as it can; `prefetch` only bounds how many wait here before reading stops.
    /// Settling such a delivery throws `.alreadySettled`.
    case automatic
}
