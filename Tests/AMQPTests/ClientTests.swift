import Testing

/// The client as a whole.
///
/// One after the other: each test has both processors to itself, so that a deadline means something.
@Suite("The client", .serialized, .timeLimit(.minutes(scaled(1, full: 10))))
enum ClientTests {
    /// The client against a real RabbitMQ.
    @Suite("and RabbitMQ")
    enum BrokerTests {}

    /// The client against peers that break the rules, on purpose or because they are ill.
    @Suite("and hostile peers")
    enum HostileTests {}
}
