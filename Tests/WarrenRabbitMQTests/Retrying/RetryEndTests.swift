import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Retries when the bus ends")
    struct RetryEnds {
        @Test("A bus that ends while copies are under way: each event is there once, failed or not begun")
        func end() async throws {
            try await withVhost { url in
                let (tries, mayFail) = (Tries(), Shared(false))
                var configuration = RabbitMQEventBusConfiguration()
                configuration.limits.shutdownGrace = .seconds(20)
                let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration)
                let run = Task { try await bus.run() }
                let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(60))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy, concurrency: 50) { _, context in
                    tries.begin(context)
                    try await eventually("they may fail") { mayFail.value }
                    throw Unlucky()
                }.ready()
                for id in 0..<200 { try await bus.publish(OrderPaid(orderID: id)) }
                try await eventually("50 are at work") { tries.events == 50 }
                run.cancel()
                mayFail.change { $0 = true }
                try await run.value
                #expect(bus.statistics.failed == 50 && bus.statistics.deadLettered == 0)
                try await withClient(url) { client in
                    try await eventually("all are there") {
                        try await client.counts("billing", "warren.delay.60000") == [150, 50]
                    }
                }
            }
        }

        @Test("A copy that is under way when time is up is waited for: each event is there once")
        func graceIsOver() async throws {
            try await withVhost { url in
                let proxy = try FaultProxy(to: url)
                let (tries, mayFail) = (Tries(), Shared(false))
                var configuration = RabbitMQEventBusConfiguration()
                configuration.limits.shutdownGrace = .seconds(2)
                let bus = try RabbitMQEventBus(url: proxy.url, service: "test", configuration: configuration)
                let run = Task { try await bus.run() }
                let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(60))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy, concurrency: 10) {
                    event,
                    context in
                    tries.begin(context)
                    if event.orderID > 0 { try await eventually("they may fail") { mayFail.value } }
                    throw Unlucky()
                }.ready()
                try await withClient(url) { client in
                    // The first copy has found its way before the others need it.
                    try await bus.publish(OrderPaid(orderID: 0))
                    try await eventually("it waits") { try await client.count("warren.delay.60000") == 1 }
                    for id in 1...10 { try await bus.publish(OrderPaid(orderID: id)) }
                    try await eventually("ten are at work") { tries.events == 11 }
                    // An answer takes three seconds: more than the grace, and less than twice that.
                    proxy.delay(.milliseconds(1500))
                    run.cancel()
                    mayFail.change { $0 = true }
                    try await run.value
                    try await eventually("all are there") {
                        try await client.counts("billing", "warren.delay.60000") == [0, 11]
                    }
                }
                await proxy.stop()
            }
        }

        @Test("A bus that ends while a step takes no copies leaves the originals in their queue")
        func copyNotTaken() async throws {
            try await withVhost { url in
                let broker = try await LocalBroker.shared()
                let full = #"{"max-length":1,"overflow":"reject-publish","message-ttl":600000}"#
                let step = "warren.delay.60000"
                try await withClient(url) { client in
                    try await broker.withPolicy(full, queues: #"^warren\.delay\.60000$"#, url: url) {
                        try await withBus(url) { bus in
                            let log = EventLog(bus)
                            let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(60))
                            try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, _ in
                                throw Unlucky()
                            }.ready()
                            try await eventually("it is full") {
                                let message = AMQPMessage("x")
                                let taken: Void? = try? await client.publish(message, to: step, routingKey: "billing")
                                return taken == nil
                            }
                            try await bus.publish(OrderPaid(orderID: 1))
                            #expect(try await log.first(.notSettled).reason?.contains("refused") == true)
                        }
                        try await eventually("it is there") { try await client.count("billing") == 1 }
                        let left = try await client.take("billing").message
                        #expect(left.properties.headers["warren-attempt"] == nil)
                    }
                }
            }
        }
    }
}
