import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Looking at dead letters, when something is in the way")
    struct LookingFailures {
        @Test("says which queue is not there")
        func missing() async throws {
            try await withVhost { url in
                try await withClient(url) { client in
                    try await client.apply([.queue("bare", .quorum)])
                    for (name, message) in [
                        ("none", "there is no queue 'none'"), ("none.dead", "there is no queue 'none'"),
                        ("bare", "queue 'bare' has no dead letters: there is no queue 'bare.dead'"),
                    ] {
                        let letters = RabbitMQDeadLetters(client: client, queue: name)
                        let error = await failure { try await letters.list() }
                        #expect(error == EventBusError(.notFound, message))
                        #expect(await failure { try await letters.requeue(.all) } == error)
                        #expect(await failure { try await letters.discard(.all) } == error)
                        #expect(await failure { try await letters.purge() } == error)
                    }
                }
            }
        }

        @Test("is refused while somebody else looks, in this process or another, or consumes")
        func inUse() async throws {
            try await DeadLetterYard.use(count: 10) { yard in
                try await withClient(yard.url) { other in
                    let elsewhere = RabbitMQDeadLetters(client: other, queue: "billing.dead")
                    try await QueueLook.use(yard.client, "billing.dead", expecting: 1) { look in
                        _ = try await look.next(upTo: 1)
                        for letters in [yard.letters, elsewhere] {
                            #expect(await failure { try await letters.list() }?.code == .inUse)
                            #expect(await failure { try await letters.purge() }?.code == .inUse)
                        }
                    }
                    #expect(try await elsewhere.list().count == 10)
                    try await other.withConsumer("billing.dead", prefetch: 1) { _ in
                        let error = await failure { try await yard.letters.list() }
                        #expect(error?.code == .inUse && error?.message.contains("has a consumer") == true)
                    }
                }
                // What a consumer gives back goes behind what was looked at.
                try await eventually("all are back") { try await yard.client.count("billing.dead") == 10 }
                #expect(try await yard.drain("billing.dead") == Array(1..<10) + [0])
            }
        }

        @Test("needs no right to declare")
        func withoutRights() async throws {
            try await DeadLetterYard.use(count: 10) { yard in
                let broker = try await LocalBroker.shared()
                let user = "reader-\(UInt64.random(in: 0 ... .max))"
                try await broker.addUser(user, password: "pw")
                let vhost = try AMQPURL(yard.url).vhost
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, "^$", "^$", ".*"])
                let url = yard.url.replacing("guest:guest@", with: "\(user):pw@")
                try await withClient(url) { client in
                    let seen = try await RabbitMQDeadLetters(client: client, queue: "billing").list()
                    #expect(seen.count == 10)
                }
                try await broker.rabbitmqctl(["delete_user", user])
            }
        }

        @Test("fails when the connection is lost, and nothing is")
        func connectionLost() async throws {
            try await DeadLetterYard.use(count: 1500) { yard in
                let proxy = try FaultProxy(to: yard.url)
                try await withClient(proxy.url) { client in
                    let error = await failure {
                        do {
                            try await QueueLook.use(client, "billing.dead", expecting: .max) { look in
                                _ = try await look.next(upTo: 100)
                                proxy.cut()
                                while try await !look.next(upTo: 100).isEmpty {}
                            }
                        } catch let error as AMQPError {
                            throw EventBusError(.unavailable, "\(error.code)")
                        }
                    }
                    #expect(error?.message == "connectionLost")
                    try await eventually("it is free again") { (try? await yard.letters.list())?.count == 100 }
                }
                await proxy.stop()
                #expect(try await yard.drain("billing.dead").sorted() == Array(0..<1500))
            }
        }

        @Test("shows what cannot be read without losing it; it can be discarded, but not requeued")
        func unreadable() async throws {
            try await DeadLetterYard.use(count: 1) {
                $0.maximumMessageSize = 1000
            } _: { yard in
                try await withClient(yard.url) { other in
                    let large = AMQPMessage(body: [UInt8](repeating: 65, count: 5000))
                    try await other.publish(large, to: "", routingKey: "billing.dead")
                    var nested = AMQPValue.bool(true)
                    for _ in 0..<30 { nested = .array([nested]) }
                    let deep = AMQPMessage("2", properties: AMQPProperties(headers: ["deep": nested]))
                    try await other.publish(deep, to: "", routingKey: "billing.dead")
                }
                for _ in 0..<3 {
                    let heads = try await yard.letters.list()
                    #expect(heads.map(\.eventID) == ["id-0", "", ""])
                    #expect(heads[1].failure.errorType == "unreadable")
                    #expect(heads[1].failure.error.contains("5000 bytes"))
                }
                let report = try await yard.letters.requeue(.all)
                #expect(report.ids == ["id-0", ""] && report.kept.map(\.id) == [""])
                #expect(report.kept.first?.reason.contains("5000 bytes") == true)
                #expect(try await yard.client.count("billing.dead") == 1)
                #expect(try await yard.letters.discard(DeadLetterFilter(error: "unreadable")).ids == [""])
                #expect(try await yard.client.count("billing.dead") == 0)
            }
        }

        @Test("waits for the bus to run, and says so in the end")
        func notRunning() async throws {
            try await withVhost { url in
                var configuration = RabbitMQEventBusConfiguration()
                configuration.client.operationTimeout = .milliseconds(100)
                let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration)
                let error = await failure { try await bus.deadLetterStore(of: "billing").list() }
                #expect(error?.code == .unavailable && error?.message.contains("run()") == true)
            }
        }
    }
}
