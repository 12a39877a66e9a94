import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Requests and replies")
    struct Requests {
        @Test("Many requests at once to a Python server: each gets its own reply, with its own correlation id")
        func python() async throws {
            let count = 200
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    let server = """
                        done = 0
                        def answer(channel, method, properties, body):
                            global done
                            done += 1
                            channel.basic_publish('', properties.reply_to, body[::-1],
                                pika.BasicProperties(correlation_id=properties.correlation_id, type='answer'))
                            channel.basic_ack(method.delivery_tag)
                        channel.basic_consume('\(queue)', answer)
                        while done < \(count): connection.process_data_events(time_limit=1)
                        """
                    try await beside {
                        try await Python.run(server, url: url)
                    } _: {
                        try await inParallel(count) { number in
                            let id: String? = number % 2 == 0 ? "same for all" : nil
                            let request = AMQPMessage("<\(number)", properties: AMQPProperties(correlationID: id))
                            let reply = try await client.request(request, to: "", routingKey: queue)
                            #expect(String(decoding: reply.body, as: UTF8.self) == String("<\(number)".reversed()))
                            #expect(reply.properties.correlationID == id && reply.properties.type == "answer")
                        }
                    }
                }
            }
        }

        @Test("A Python client gets its reply from a handler of ours")
        func pythonAsks() async throws {
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    let program = """
                        answers = []
                        def got(*answer): answers.append(answer)
                        channel.basic_consume('amq.rabbitmq.reply-to', got, auto_ack=True)
                        channel.basic_publish('', '\(queue)', b'ping',
                            pika.BasicProperties(reply_to='amq.rabbitmq.reply-to', correlation_id='7'))
                        while not answers: connection.process_data_events(time_limit=1)
                        print(answers[0][3].decode(), answers[0][2].correlation_id)
                        """
                    try await Self.answering(queue, client) {
                        let lines = try await Python.run(program, url: url)
                        #expect(lines == ["ping! 7"])
                    }
                }
            }
        }

        @Test("A request that no queue takes is returned")
        func unroutable() async throws {
            try await withClient { client in
                let error = await failure { try await client.request(AMQPMessage("x"), to: "", routingKey: "missing") }
                #expect(error?.code == .returned)
            }
        }

        @Test("A request that nobody answers ends at its deadline; the reply that comes then is dropped and counted")
        func late() async throws {
            try await withClient { client in
                let log = EventLog(client)
                let queue = try await client.declare()
                let error = await failure {
                    try await client.request(AMQPMessage("x"), to: "", routingKey: queue, timeout: .milliseconds(300))
                }
                #expect(error?.code == .timedOut)
                try await Self.answering(queue, client) {
                    try await log.first(.lateReply)
                    #expect(client.health.publishing.lateReplies == 1)
                    let reply = try await client.request(AMQPMessage("y"), to: "", routingKey: queue)
                    #expect(reply.body == Array("y!".utf8))
                }
            }
        }

        @Test("A request under way when its connection is lost is unknown at once, and the next one works")
        func connectionLost() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    let request = Task { try await client.request(AMQPMessage("x"), to: "", routingKey: queue) }
                    try await eventually("it is there") { try await client.count(queue) == 1 }
                    let time = try await duration {
                        try await broker.closeConnections(url)
                        let error = await failure { try await request.value }
                        #expect(error?.code == .unknown)
                    }
                    #expect(time < .seconds(15))
                    try await Self.answering(queue, client) {
                        let reply = try await client.request(AMQPMessage("y"), to: "", routingKey: queue)
                        #expect(reply.body == Array("y!".utf8))
                    }
                }
            }
        }

        @Test("A cancelled request ends")
        func cancelled() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                let request = Task { try await client.request(AMQPMessage("x"), to: "", routingKey: queue) }
                try await eventually("it is there") { try await client.count(queue) == 1 }
                request.cancel()
                let error = await failure { try await request.value }
                #expect(error?.code == .cancelled)
            }
        }

        @Test("A delivery without reply-to cannot be answered; one with a queue of its own can")
        func replyTo() async throws {
            try await withClient { client in
                let (queue, replies) = (try await client.declare(), try await client.declare("replies"))
                let asking = AMQPProperties(correlationID: "9", replyTo: replies)
                try await client.publish(AMQPMessage("a"), to: "", routingKey: queue)
                try await client.publish(AMQPMessage("b", properties: asking), to: "", routingKey: queue)
                try await client.withConsumer(.queue(queue)) { deliveries in
                    let both = try await deliveries.first(2)
                    let error = await failure { try await client.reply(to: both[0], AMQPMessage("x")) }
                    #expect(error?.code == .invalidArgument)
                    try await client.reply(to: both[1], AMQPMessage("x"))
                }
                let reply = try await client.withConsumer(.queue(replies)) { try await $0.first() }
                #expect(reply.text == "x" && reply.properties.correlationID == "9")
            }
        }

        /// Answers each request with its body and an exclamation mark, for as long as `body` takes.
        private static func answering(
            _ queue: String,
            _ client: AMQPClient,
            _ body: () async throws -> Void
        ) async throws {
            try await beside {
                try await client.withConsumer(.queue(queue)) { deliveries in
                    for try await delivery in deliveries {
                        try await client.reply(to: delivery, AMQPMessage("\(delivery.text)!"))
                        try delivery.ack()
                    }
                }
            } _: {
                try await body()
            }
        }
    }
}
