import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    /// Each of these properties makes a broker drop, misroute or refuse a careless copy.
    @Suite("A dead letter of a message with")
    struct Poison {
        /// Publishes one message to a subscription that fails, and gives back its dead letter; nothing else may happen.
        private func deadLetter(
            of properties: AMQPProperties,
            error: String = "poison"
        ) async throws -> AMQPMessage {
            var result: AMQPMessage?
            try await withBus { bus, url in
                let log = EventLog(bus)
                try await bus.subscribe(
                    to: ["poison"],
                    as: "billing",
                    deciding: { _, _ in
                        .deadLetter(reason: error)
                    }
                ).ready()
                try await withClient(url) { client in
                    // Where a copy would also go if it kept its further addresses.
                    try await client.apply([.queue("elsewhere", .classic)])
                    let message = AMQPMessage("body", properties: properties)
                    try await client.publish(message, to: "events", routingKey: "poison")
                    let dead = try await client.take("billing.dead")
                    #expect(String(decoding: dead.message.body, as: UTF8.self) == "body")
                    #expect(dead.message.properties.headers["warren-error-type"]?.string == "rejected")
                    try await eventually("it is settled") { bus.statistics.deadLettered == 1 }
                    #expect(log.all(.notSettled).isEmpty)
                    for queue in ["billing", "billing.dead", "elsewhere"] {
                        let left = try await client.count(queue)
                        #expect(left == 0, "\(left) in \(queue)")
                    }
                    result = dead.message
                }
            }
            return try #require(result)
        }

        @Test("the user id of another user")
        func userID() async throws {
            let broker = try await LocalBroker.shared()
            let user = "user-\(UInt64.random(in: 0 ... .max))"
            try await broker.rabbitmqctl(["add_user", user, "secret"])
            try await withBus { bus, url in
                let vhost = try AMQPURL(url).vhost
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, ".*", ".*", ".*"])
                let log = EventLog(bus)
                try await bus.subscribe(
                    to: ["#"],
                    as: "billing",
                    deciding: { _, _ in
                        .deadLetter(reason: "poison")
                    }
                ).ready()
                let message = AMQPMessage("body", properties: AMQPProperties(userID: user))
                try await withClient(url.replacing("guest:guest@", with: "\(user):secret@")) {
                    try await $0.publish(message, to: "events", routingKey: "poison")
                }
                let dead = try await withClient(url) { try await $0.take("billing.dead").message }
                #expect(dead.properties.userID == nil)
                #expect(dead.properties.headers["warren-original-user-id"] == .string(user))
                try await eventually("it is settled") { bus.statistics.deadLettered == 1 }
                #expect(log.all(.notSettled).isEmpty)
                // The channel of the bus lives: a refused user id would have closed it.
                #expect(log.all(.connection).allSatisfy { $0.reason == nil })
            }
            try await broker.rabbitmqctl(["delete_user", user])
        }

        @Test("an expiration")
        func expiration() async throws {
            let dead = try await deadLetter(of: AMQPProperties(expiration: "60000"))
            #expect(dead.properties.expiration == nil)
            #expect(dead.properties.headers["warren-original-expiration"]?.string == "60000")
        }

        @Test("CC and BCC, which would send it elsewhere")
        func furtherAddresses() async throws {
            let headers: AMQPTable = ["CC": .array(["elsewhere"]), "BCC": .array(["elsewhere"])]
            let dead = try await deadLetter(of: AMQPProperties(headers: headers))
            #expect(dead.properties.headers["CC"] == nil && dead.properties.headers["BCC"] == nil)
        }

        @Test("an x-death that names the queue of dead letters")
        func cycle() async throws {
            let death: AMQPTable = [
                "count": 1, "reason": "expired", "queue": "billing.dead", "exchange": "",
                "time": .timestamp(1_700_000_000), "routing-keys": .array(["billing.dead"]),
            ]
            let headers: AMQPTable = [
                "x-death": .array([.table(death)]), "x-first-death-queue": "billing.dead",
                "x-first-death-reason": "expired", "x-first-death-exchange": "", "x-delivery-count": 7,
            ]
            let dead = try await deadLetter(of: AMQPProperties(headers: headers))
            let foreign = dead.properties.headers.filter { $0.key.hasPrefix("x-") && $0.key != "x-delivery-count" }
            #expect(foreign.isEmpty)
            #expect(dead.properties.headers["x-delivery-count"]?.integer ?? 0 == 0)
        }

        @Test("an error of 140 kB, cut between two characters")
        func longError() async throws {
            let text = "ab" + String(repeating: "ü€😀", count: 15_600)
            #expect(text.utf8.count > 140_000)
            let dead = try await deadLetter(of: AMQPProperties(), error: text)
            let error = try #require(dead.properties.headers["warren-error"]?.string)
            #expect((4093...4096).contains(error.utf8.count) && text.hasPrefix(error))
        }

        @Test("headers that fill the frame: the largest give way, and are named")
        func fullFrame() async throws {
            let headers: AMQPTable = [
                "small": "kept", "large": .string(String(repeating: "l", count: 90_000)),
                "middle": .string(String(repeating: "m", count: 40_800)),
            ]
            let dead = try await deadLetter(
                of: AMQPProperties(headers: headers, messageID: "m"),
                error: String(repeating: "e", count: 5000)
            )
            #expect(dead.properties.headers["small"]?.string == "kept")
            #expect(dead.properties.headers["middle"] == headers["middle"])
            #expect(dead.properties.headers["large"] == nil)
            #expect(dead.properties.headers["warren-dropped-headers"] == .array(["large"]))
            #expect(dead.properties.headers["warren-error"]?.string?.utf8.count == 4096)
        }

        @Test("a thousand headers that fill the frame: as many give way as have to")
        func manyHeaders() async throws {
            let entries = (0..<1000).map {
                AMQPTable.Entry(key: "header-\($0)", value: .string(String(repeating: "v", count: 112)))
            }
            let properties = AMQPProperties(headers: AMQPTable(entries), messageID: "m")
            let dead = try await deadLetter(of: properties, error: String(repeating: "e", count: 5000))
            let kept = dead.properties.headers.filter { $0.key.hasPrefix("header-") }
            #expect((900..<1000).contains(kept.count))
            guard case .array(let names) = dead.properties.headers["warren-dropped-headers"] else {
                Issue.record("no names of what was dropped")
                return
            }
            #expect(names.count == 1000 - kept.count)
        }

        @Test("all of these at once")
        func everything() async throws {
            let headers: AMQPTable = [
                "CC": .array(["elsewhere"]), "BCC": .array(["elsewhere"]), "warren-publish": 7,
                "x-death": .array([.table(["queue": "billing.dead", "reason": "expired", "count": 1])]),
                "x-match": "all", "warren-exchange": "a lie", "warren-routing-key": "another",
                "filling": .string(String(repeating: "f", count: 130_400)),
            ]
            let properties = AMQPProperties(headers: headers, expiration: "60000", messageID: "m", userID: "guest")
            let dead = try await deadLetter(of: properties, error: String(repeating: "ü", count: 70_000))
            #expect(dead.properties.expiration == nil && dead.properties.userID == nil)
            #expect(dead.properties.headers["warren-original-expiration"]?.string == "60000")
            #expect(dead.properties.headers["warren-original-user-id"]?.string == "guest")
            for name in ["CC", "BCC", "x-death", "x-match", "filling", "warren-publish"] {
                #expect(dead.properties.headers[name] == nil, "\(name)")
            }
            #expect(dead.properties.headers["warren-exchange"]?.string == "events")
            #expect(dead.properties.headers["warren-routing-key"]?.string == "poison")
            #expect(dead.properties.headers["warren-dropped-headers"] == .array(["filling"]))
        }
    }
}
