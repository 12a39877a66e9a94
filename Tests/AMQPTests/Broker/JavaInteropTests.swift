import AMQP
import Testing

extension ClientTests.BrokerTests {
    @Suite("Java's client and ours read each other")
    struct JavaInterop {
        private let java = InteropProgram.java

        /// Java's client sends and reads every type but the unsigned numbers.
        private static let fields = InteropField.common

        private static let messages = [
            InteropMessage.everyProperty, .emptyProperties, .nothing, .headers(fields), .large,
        ]

        @Test("Every property, header and body that Java sends arrives here")
        func fromJava() async throws {
            let expected = Self.messages.map(\.message)
            let arrived = try await java.sent().map(\.inOrder)
            #expect(arrived.map(\.properties) == expected.map(\.properties))
            #expect(arrived.map(\.body) == expected.map(\.body))
        }

        @Test("Every property, header and body that we send arrives in Java, and none that we do not send")
        func toJava() async throws {
            let lines = try await java.printed(Self.messages.map(\.message))
            #expect(lines == Self.messages.flatMap(\.lines))
        }

        @Test("The broker finds our arguments in Java's headers, and Java's in ours")
        func arguments() async throws {
            try await java.checkArguments(Self.fields)
        }

        @Test(
            "An unsigned number that Java cannot read ends its connection; the message comes back here as it was",
            arguments: [AMQPValue.uint8(.max), .uint16(.max), .uint32(.max)]
        )
        func unreadable(number: AMQPValue) async throws {
            try await java.checkUnreadable(number)
        }

        @Test("An unsigned number of 64 bits arrives in Java as a signed one, where that holds it")
        func unsigned64() async throws {
            try await java.checkUnsigned64()
        }
    }
}
