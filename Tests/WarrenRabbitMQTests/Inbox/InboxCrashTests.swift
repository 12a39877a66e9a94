import AMQP
import Glibc
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

extension BusTests {
    @Suite("With an inbox, where processes end")
    struct InboxCrashes {
        /// The event whose handler kills the process.
        private static let poison = 13

        @Test(
            "An event that kills each process that handles it is a dead letter; all others are handled once",
            arguments: [1, 3]
        )
        func poison(maxCrashes: Int) async throws {
            try await withVhost { url in
                try await withPayments { payments, path in
                    let name = "billing"
                    try await withBus(url) { bus in
                        // The queue is there before the events are.
                        let handle = try bus.subscribe(OrderPaid.self, as: name) { _, _ in }
                        try await handle.ready()
                        handle.cancel()
                        try await withClient(url) { client in
                            for id in 0..<30 {
                                let event = #""event_id":"\#(id)","event_type":"Order.Paid","source":"shop""#
                                let message = AMQPMessage(#"{\#(event),"data":{"orderID":\#(id)}}"#)
                                try await client.publish(message, to: "", routingKey: name)
                            }
                        }
                    }
                    // The first two times others were at work as well; from then on it was alone.
                    for _ in 0..<2 + maxCrashes {
                        await #expect(processExitsWith: .signal(SIGKILL)) {
                            [url = url as String, path = path as String, maxCrashes = maxCrashes as Int] in
                            let payments = try await PaymentsDatabase(path)
                            try await withBus(url, inbox: payments.inbox) {
                                $0.limits.maxCrashes = maxCrashes
                            } _: { bus in
                                try bus.subscribe(OrderPaid.self, as: "billing", concurrency: 4) { order, context in
                                    if order.orderID == Self.poison { kill(getpid(), SIGKILL) }
                                    try await PaymentsDatabase.enter(order, context)
                                }
                                try await eventually("the process is killed", within: .seconds(60)) { false }
                            }
                        }
                    }
                    try await withBus(url, inbox: payments.inbox) {
                        $0.limits.maxCrashes = maxCrashes
                    } _: { bus in
                        let wasCalled = Shared(false)
                        try bus.subscribe(OrderPaid.self, as: name, concurrency: 4) { order, context in
                            if order.orderID == Self.poison { wasCalled.change { $0 = true } }
                            try await PaymentsDatabase.enter(order, context)
                        }
                        try await withClient(url) { client in
                            let dead = try await client.take("\(name).dead").message.properties.headers
                            #expect(dead["warren-error-type"]?.string == "crash")
                            let error = dead["warren-error"]?.string ?? ""
                            #expect(error.contains("ended the process \(maxCrashes) times"), "\(error)")
                            try await eventually("all are handled", within: .seconds(60)) {
                                try await payments.orders().count >= 29 && bus.inHand == 0
                            }
                            #expect(try await client.counts(name, "\(name).dead") == [0, 0])
                        }
                        #expect(!wasCalled.value && bus.statistics.deadLettered == 1)
                    }
                    #expect(try await payments.orders() == (0..<30).filter { $0 != Self.poison })
                }
            }
        }

        @Test("Processes that end in the middle of an event, each with its handler cancelled, are no crashes")
        func shutdowns() async throws {
            try await withVhost { url in
                try await withPayments { payments, path in
                    let begun = Shared(0)
                    for round in 1...5 {
                        // It is not closed, as where a process just ends.
                        let process = try await PaymentsDatabase(path)
                        try await withBus(url, inbox: process.inbox) { configuration in
                            configuration.limits.shutdownGrace = .milliseconds(100)
                        } _: { bus in
                            try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in
                                begun.change { $0 += 1 }
                                try await Task.sleep(for: .seconds(3600))
                            }.ready()
                            if round == 1 { try await bus.publish(OrderPaid(orderID: 1)) }
                            try await eventually("it is at work") { begun.value == round }
                        }
                    }
                    try await withBus(url, inbox: payments.inbox) { bus in
                        try await bus.subscribe(OrderPaid.self, as: "billing", PaymentsDatabase.enter).ready()
                        try await eventually("it is handled") { bus.statistics.handled == 1 }
                        #expect(bus.statistics.deadLettered == 0)
                    }
                    #expect(try await payments.orders() == [1])
                }
            }
        }

        @Test("Processes that are killed at any time: each event is entered once, and none is a dead letter")
        func killed() async throws {
            try await withVhost { url in
                try await withPayments { payments, path in
                    try await withBus(url) { bus in
                        let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                        try await handle.ready()
                        handle.cancel()
                        for id in 0..<1000 { try await bus.publish(OrderPaid(orderID: id)) }
                    }
                    // Killed after so many that this very process has handled.
                    for count in [1, 20, 77, 150] {
                        await #expect(processExitsWith: .signal(SIGKILL)) {
                            [url = url as String, path = path as String, count = count as Int] in
                            let payments = try await PaymentsDatabase(path)
                            let handled = Shared(0)
                            try await withBus(url, inbox: payments.inbox) {
                                $0.limits.maxCrashes = 1
                            } _: { bus in
                                try bus.subscribe(OrderPaid.self, as: "billing", concurrency: 8) { order, context in
                                    try await PaymentsDatabase.enter(order, context)
                                    handled.change { $0 += 1 }
                                    if handled.value >= count { kill(getpid(), SIGKILL) }
                                }
                                try await eventually("the process is killed", within: .seconds(60)) { false }
                            }
                        }
                    }
                    try await withBus(url, inbox: payments.inbox) {
                        $0.limits.maxCrashes = 1
                    } _: { bus in
                        try bus.subscribe(OrderPaid.self, as: "billing", concurrency: 8, PaymentsDatabase.enter)
                        try await withClient(url) { client in
                            try await eventually("all are dealt with", within: .seconds(60)) {
                                try await payments.orders().count >= 1000 && bus.inHand == 0
                            }
                            let dead = try await client.count("billing.dead")
                            #expect(dead == 0)
                        }
                    }
                    #expect(try await payments.orders() == Array(0..<1000))
                }
            }
        }
    }
}
