import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

extension BusTests {
    @Suite("What leaves a spool")
    struct SpoolOutlets {
        private struct Nobody: Event {
            static let type = "Nobody.Listens"
            var number: Int
        }

        @Test("A spooled event that no queue takes is put aside, and goes to the queue that comes later")
        func unrouted() async throws {
            try await withSpool { spool, url, proxy in
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    let (log, seen) = (EventLog(bus), Shared<[Int]>([]))
                    for number in 0..<3 { #expect(try await bus.publish(Nobody(number: number)) == .spooled) }
                    try proxy.accept()
                    try await log.first(.spoolEmptied)
                    #expect(spool.status.count == 0 && spool.status.parkedCount == 3)
                    #expect(try await log.first(.parked).reason?.contains("no queue took") == true)

                    try await bus.subscribe(Nobody.self, as: "somebody") { event, _ in
                        seen.change { $0.append(event.number) }
                    }.ready()
                    #expect(try await spool.parkedLetters.requeue(.all).ids.count == 3)
                    try await eventually("they are handled") { seen.value == [0, 1, 2] }
                    #expect(spool.status == SpoolStatus())
                }
            }
        }

        @Test("An event whose type had no queue before the outage is not kept for one")
        func unroutedBefore() async throws {
            try await withSpool { spool, url, proxy in
                try await withBus(proxy.url, spool: spool) { bus in
                    let log = EventLog(bus)
                    #expect(try await bus.publish(Nobody(number: 0)) == .confirmed(routed: false))
                    proxy.refuse()
                    proxy.cut(.reset)
                    try await eventually("events go into the spool") {
                        try await bus.publish(Nobody(number: 1)) == .spooled
                    }
                    try proxy.accept()
                    try await log.first(.spoolEmptied)
                    #expect(spool.status == SpoolStatus())
                }
            }
        }

        @Test("An exchange that may not be written to parks nothing: all waits for the permission, and keeps its order")
        func permission() async throws {
            let broker = try await LocalBroker.shared()
            try await withSpool { spool, url, proxy in
                let vhost = try AMQPURL(url).vhost
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    let (log, seen) = (EventLog(bus), Shared<[Int]>([]))
                    try bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                        seen.change { $0.append(order.orderID) }
                    }
                    for id in 0..<20 { #expect(try await bus.publish(OrderPaid(orderID: id)) == .spooled) }
                    let others = "^(?!events$).*"
                    try await broker.rabbitmqctl(["set_permissions", "-p", vhost, "guest", ".*", others, ".*"])
                    try proxy.accept()
                    try await log.first(.spooling) { $0.reason?.contains("ACCESS_REFUSED") == true }
                    #expect(spool.status.count == 20 && spool.status.parkedCount == 0)

                    try await broker.rabbitmqctl(["set_permissions", "-p", vhost, "guest", ".*", ".*", ".*"])
                    try await eventually("all are handled", within: .seconds(60)) { seen.value.count >= 20 }
                    #expect(seen.value == Array(0..<20))
                }
            }
        }

        @Test("A subscription whose queue does not come holds up nothing for long")
        func neverReady() async throws {
            let script: @Sendable (ScriptedBroker.Connection) async throws -> Void = { connection in
                try await connection.handshake()
                try await connection.serve { frame in
                    guard frame.method == .queueDeclare else { return false }
                    connection.sendChannelClose(channel: frame.channel, 404, "NOT_FOUND - home node 'a' is down")
                    return true
                }
            }
            try await ScriptedBroker.serving(script) { broker in
                try await withStore { spool in
                    let body = Array(#"{"event_type": "Order.Paid", "event_id": "1", "data": 1}"#.utf8)
                    try await spool.append(
                        SpoolEntry(eventID: "1", eventType: "Order.Paid", route: [], body: body)
                    )
                    try await withBus(broker.url, spool: spool) { bus in
                        try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                        try await eventually("it has gone out", within: .seconds(30)) { spool.status.count == 0 }
                        #expect(spool.status == SpoolStatus())
                    }
                }
            }
        }
    }
}
