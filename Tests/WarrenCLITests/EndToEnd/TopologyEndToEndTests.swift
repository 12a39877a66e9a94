import AMQP
import Foundation
import Testing
import WarrenTesting

@Suite("warren topology")
struct TopologyEndToEndTests {
    private static let configuration = """
        service: shop
        events:
          local_only: [user.logged_in]
        event_routing:
          Order.Created: [shop, billing]
          Order.Paid: [billing]
        bridge:
          sinks:
            - { name: orders, types: ["Order.*"], stdout: {} }
            - { name: devices, types: ["device.*"], stdout: {} }
            - { name: logins, types: [user.logged_in], stdout: {} }
        """

    private static let wanted = [
        "exchange 'events', topic",
        "queue 'billing.dead'", "queue 'billing'",
        "binding 'events' -> 'billing' with key 'Order.Created'",
        "binding 'events' -> 'billing' with key 'Order.Paid'",
        "queue 'shop.dead'", "queue 'shop'",
        "binding 'events' -> 'shop' with key 'Order.Created'",
        "queue 'shop.devices.dead'", "queue 'shop.devices'",
        "binding 'events' -> 'shop.devices' with key 'device.*'",
        "exchange 'warren.retry.dead', fanout", "exchange 'warren.retry', direct", "queue 'warren.retry.dead'",
        "binding 'warren.retry.dead' -> 'warren.retry.dead' with key ''",
        "binding 'warren.retry' -> 'billing' with key 'billing'",
        "binding 'warren.retry' -> 'shop' with key 'shop'",
        "binding 'warren.retry' -> 'shop.devices' with key 'shop.devices'",
        "exchange 'warren.delay.1000', fanout", "queue 'warren.delay.1000'",
        "binding 'warren.delay.1000' -> 'warren.delay.1000' with key ''",
        "exchange 'warren.delay.2000', fanout", "queue 'warren.delay.2000'",
        "binding 'warren.delay.2000' -> 'warren.delay.2000' with key ''",
    ]

    private func topology(_ verb: String, _ text: String, _ url: String) async throws -> RunningProgram.Result {
        let folder = try TemporaryFolder(prefix: "topology")
        let file = folder.path(of: "warren.yaml")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return try await RunningProgram.warren(["topology", verb, "--config", file, "--url", url]).finish()
    }

    @Test("plans what is missing, declares it, and finds it there")
    func fresh() async throws {
        try await LocalBroker.shared().withVhost { url in
            let plan = try await topology("plan", Self.configuration, url)
            #expect(plan.status == 0 && plan.output == Self.wanted.map { "+ \($0)\n" }.joined())
            #expect(plan.errors.contains("\n+ is missing, = is there, ! is "))
            // A plan declares nothing.
            let applied = try await topology("apply", Self.configuration, url)
            #expect(applied.status == 0 && applied.output == plan.output)
            #expect(applied.errors.hasSuffix("declared what was missing\n"))
            let again = try await topology("apply", Self.configuration, url)
            let there = Self.wanted.map { "\($0.hasPrefix("binding") ? "~" : "=") \($0)\n" }
            #expect(again.status == 0 && again.output == there.joined())
            #expect(again.errors.hasSuffix("nothing was missing\n"))
            // The bindings too: an event finds its queue.
            try await AMQPClient.withClient(url: url) { client in
                for key in ["Order.Created", "Order.Paid", "device.lost"] {
                    try await client.publish(AMQPMessage(key), to: "events", routingKey: key)
                }
                try await client.withChannel { channel in
                    for (queue, count) in [("billing", 2), ("shop", 1), ("shop.devices", 1)] {
                        let status = try await channel.queueStatus(queue)
                        #expect(status.messageCount == count)
                    }
                }
            }
        }
    }

    @Test("names what is there with other arguments, and then declares nothing")
    func conflict() async throws {
        try await LocalBroker.shared().withVhost { url in
            try await AMQPClient.withClient(url: url) { client in
                try await client.apply([.queue("billing", .classic)])
                let result = try await topology("apply", Self.configuration, url)
                #expect(result.status == 1)
                let lines = result.output.split(separator: "\n")
                let different = lines.filter { $0.hasPrefix("!") }
                #expect(different.count == 1)
                #expect(different.first?.hasPrefix("! queue 'billing': PRECONDITION_FAILED - inequivalent arg") == true)
                #expect(lines.filter { $0.hasPrefix("+") }.count == Self.wanted.count - 1)
                #expect(result.errors.contains("nothing was declared"))
                await #expect(throws: AMQPError.self) {
                    try await client.withChannel { try await $0.checkExchange("events") }
                }
            }
        }
    }

    @Test("binds what the rules would keep in the process where the bus asks no rules")
    func unruled() async throws {
        try await LocalBroker.shared().withVhost { url in
            let text = "events: { eventbus: { type: rabbitmq }, local_only: [user.logged_in] }\n"
            let file = Self.configuration.split(separator: "\n").filter {
                !$0.contains("events:") && !$0.contains("local_only")
            }
            let plan = try await topology("plan", text + file.joined(separator: "\n"), url)
            #expect(plan.status == 0)
            #expect(plan.output.contains("binding 'events' -> 'shop.logins' with key 'user.logged_in'\n"))
        }
    }

    @Test("wants nothing for a bus in memory")
    func memory() async throws {
        let text = "events: { eventbus: { type: memory } }"
        let result = try await topology("plan", text, "amqp://127.0.0.1:1")
        #expect(result.status == 0 && result.output == "")
        #expect(result.errors.contains("wants nothing"))
    }
}
