import Testing

/// The client against a real RabbitMQ.
///
/// One after the other: each has both processors to itself, so that a deadline means something.
@Suite("The client and RabbitMQ", .serialized, .timeLimit(.minutes(scaled(1, full: 10))))
enum BrokerTests {}
