import AMQP
import Testing
import WarrenTesting

/// Numbers without a sign, which the programs' clients read in part or not at all.
extension InteropProgram {
    /// Checks that a header with such a value ends the program's connection, and that the message then comes here as it was.
    func checkUnreadable(_ value: AMQPValue) async throws {
        let message = AMQPMessage("x", properties: AMQPProperties(headers: ["value": value]))
        try await withVhost { client, url in
            let queue = try await client.declare()
            try await client.publish(message, to: "", routingKey: queue, mandatory: false)
            let error = await #expect(throws: WarrenTestingError.self) {
                try await run("receive", queue, "1", url: url)
            }
            #expect(error?.message.contains(complaint) == true)
            #expect(try await client.withConsumer(.queue(queue)) { try await $0.first().message } == message)
        }
    }

    /// Checks that a number of 64 bits arrives as one with a sign where that holds it, and what becomes of a larger one.
    func checkUnsigned64() async throws {
        let message = InteropMessage.headers([InteropField("n", .uint64(1 << 63 - 1), "l(9223372036854775807)")])
        #expect(try await printed([message.message]) == message.lines)
        let larger = InteropMessage.headers([InteropField("n", .uint64(.max), "l(-1)")])
        do {
            // RabbitMQ 4 makes it a negative one.
            #expect(try await printed([larger.message]) == larger.lines)
        } catch let error as WarrenTestingError {
            // RabbitMQ 3 hands on what the program cannot read.
            #expect(error.message.contains(complaint))
        }
    }
}
