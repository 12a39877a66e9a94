import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("What is a dead letter at once")
    struct UnhandledEvents {
        @Test("An envelope that contradicts itself is a dead letter at once, with the reason and no attempt")
        func undecodable() async throws {
            try await withBus { bus, url in
                let seen = Shared(0)
                try await bus.subscribe(to: ["#"], as: "billing", retry: .immediate(5)) { _, _ in
                    seen.change { $0 += 1 }
                }.ready()
                try await withClient(url) { client in
                    let body = #"{"event_id":"e","event_type":"a.v1","version":"2","data":1}"#
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "a")
                    let dead = try await client.take("billing.dead").message
                    #expect(String(decoding: dead.body, as: UTF8.self) == body)
                    #expect(dead.properties.headers["warren-error-type"]?.string == "undecodable")
                    #expect(dead.properties.headers["warren-error"]?.string?.contains("version") == true)
                    #expect(dead.properties.headers["warren-attempts"]?.integer == 0)
                    #expect(dead.properties.headers["x-delivery-count"]?.integer ?? 0 == 0)
                    #expect(try await client.count("billing") == 0)
                }
                #expect(seen.value == 0)
            }
        }

        @Test("A message that the client cannot take is told under the subscription's name; an observer has none")
        func tooLarge() async throws {
            for isObserved in [false, true] {
                try await withBus { configuration in
                    configuration.queuePrefix = "eu."
                    configuration.client.maximumMessageSize = 1000
                } _: { bus, url in
                    let log = EventLog(bus)
                    if isObserved {
                        try await bus.observe("#") { _, _ in }.ready()
                    } else {
                        try await bus.subscribe(to: ["#"], as: "billing") { _, _ in }.ready()
                    }
                    try await withClient(url) { client in
                        let large = AMQPMessage(body: [UInt8](repeating: 65, count: 5000))
                        try await client.publish(large, to: "events", routingKey: "a")
                        if !isObserved { _ = try await client.take("eu.billing.dead") }
                    }
                    if isObserved {
                        try await log.first(.observerFailed)
                        #expect(log.all(.deadLettered).isEmpty && bus.statistics.deadLettered == 0)
                    } else {
                        #expect(try await log.first(.deadLettered).subject == "billing")
                        #expect(bus.statistics.deadLettered == 1)
                    }
                }
            }
        }

        @Test("An event of another type, which a binding from earlier times brings, is a dead letter at once")
        func otherType() async throws {
            try await withBus { bus, url in
                let (seen, observed) = (Shared(0), Shared(0))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(5)) { _, _ in
                    seen.change { $0 += 1 }
                }.ready()
                try await bus.observe(OrderPaid.self) { _, _ in observed.change { $0 += 1 } }.ready()
                try await withClient(url) { client in
                    try await client.apply([.binding("events", to: "billing", "Order.*")])
                    let body = #"{"event_id":"e","event_type":"Order.Refunded","data":{"orderID":1}}"#
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "Order.Refunded")
                    let dead = try await client.take("billing.dead").message
                    #expect(dead.properties.headers["warren-error-type"]?.string == "undecodable")
                    let reason = "the event is an 'Order.Refunded', not a 'Order.Paid'"
                    #expect(dead.properties.headers["warren-error"]?.string == reason)
                    #expect(dead.properties.headers["warren-attempts"]?.integer == 1)
                    // Where the key says one thing and the body another, the body is right.
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "Order.Paid")
                    _ = try await client.take("billing.dead")
                }
                #expect(seen.value == 0 && observed.value == 0)
            }
        }

        @Test("Data that are not what the handler takes are a dead letter at once")
        func wrongType() async throws {
            try await withBus { bus, url in
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(5)) { _, _ in }.ready()
                let payload = try EventPayload(json: Array(#"{"orderID":"seven"}"#.utf8))
                try await bus.publish(EventEnvelope(type: try EventType("Order.Paid"), source: "s", payload: payload))
                let headers = try await withClient(url) { try await $0.take("billing.dead").message.properties.headers }
                #expect(headers["warren-error-type"]?.string == "undecodable")
                #expect(headers["warren-error"]?.string?.contains("orderID") == true)
                #expect(headers["warren-attempts"]?.integer == 1)
            }
        }

        @Test("A handler that takes too long is cancelled, and its event is a dead letter that says so")
        func timeout() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                try await bus.subscribe(OrderPaid.self, as: "billing", timeout: .milliseconds(100)) { _, _ in
                    try await Task.sleep(for: .seconds(60))
                }.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await bus.publish(OrderPaid(orderID: 2))
                let headers = try await Python.takeHeaders("billing.dead", url: url)
                #expect(headers["warren-error-type"] as? String == "timeout")
                #expect(headers["warren-attempts"] as? Int == 1)
                try await log.first(.handlerTimedOut)
                try await eventually("both are dead") { bus.statistics.deadLettered == 2 }
            }
        }
    }
}
