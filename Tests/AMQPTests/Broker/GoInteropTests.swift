import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Go's client and ours read each other")
    struct GoInterop {
        private let go = InteropProgram.go

        /// Go's client sends and reads every type but the unsigned numbers of more than a byte.
        private static let fields =
            InteropField.common + [
                InteropField("uint8-least", .uint8(0), "B(0)"), InteropField("uint8-most", .uint8(.max), "B(255)"),
            ]

        @Test("Every property, header and body that Go sends arrives here")
        func fromGo() async throws {
            // Go's client has no cluster-id, and leaves out what is empty or zero.
            let messages = [InteropMessage.everyProperty, .nothing, .headers(Self.fields), .large].map(\.message)
            var properties = messages.map(\.properties)
            properties[0].clusterID = nil
            let arrived = try await go.sent().map(\.inOrder)
            #expect(arrived.map(\.properties) == properties)
            #expect(arrived.map(\.body) == messages.map(\.body))
        }

        @Test("Every property, header and body that we send arrives in Go, and none that we do not send")
        func toGo() async throws {
            let messages = [InteropMessage.everyProperty, .emptyProperties, .nothing, .headers(Self.fields), .large]
            let lines = try await go.printed(messages.map(\.message))
            // Go's client has no cluster-id, and does not tell what is empty or zero from what is absent.
            let expected = messages.flatMap(\.lines).filter { line in
                !line.hasPrefix("cluster-id: ") && !line.hasSuffix(": ") && line != "priority: 0"
            }
            #expect(lines == expected)
        }

        @Test("The broker finds our arguments in Go's headers, and Go's in ours")
        func arguments() async throws {
            try await go.checkArguments(Self.fields)
        }

        @Test(
            "An unsigned number that Go cannot read ends its connection; the message comes back here as it was",
            arguments: [AMQPValue.uint16(.max), .uint32(.max)]
        )
        func unreadable(number: AMQPValue) async throws {
            try await go.checkUnreadable(number)
        }

        @Test("An unsigned number of 64 bits arrives in Go as a signed one, where that holds it")
        func unsigned64() async throws {
            try await go.checkUnsigned64()
        }

        @Test("RabbitMQ reads no number that is not finite: Go loses its connection over one, we do not send it")
        func notFinite() async throws {
            try await go.withVhost { client, url in
                let error = await #expect(throws: WarrenTestingError.self) { try await go.run("infinity", url: url) }
                #expect(error?.message.contains("INTERNAL_ERROR") == true)
                let headers: AMQPTable = ["number": .double(.infinity)]
                let message = AMQPMessage("x", properties: AMQPProperties(headers: headers))
                let refusal = await failure { try await client.publish(message, to: "", routingKey: "nowhere") }
                #expect(refusal?.code == .invalidArgument)
            }
        }
    }
}
