import Testing

/// The suites that share a broker run one after the other, so that their deadlines mean something.
@Suite("The bus on RabbitMQ", .serialized, .timeLimit(.minutes(3)))
enum BusTests {}
