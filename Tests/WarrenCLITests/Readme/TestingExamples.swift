import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

@Suite("The README's tests")
struct TestingExamples {
    @Test("An order that was paid is in the ledger")
    func entersWhatWasPaid() async throws {
        var configuration = MemoryEventBusConfiguration()
        configuration.dispatch = .inPlace  // A publish returns when its handlers have.
        configuration.forcesJSON = true  // Each event goes through JSON, as between processes.
        let bus = try MemoryEventBus(service: "billing", configuration: configuration)
        let ledger = Ledger()
        try handleEvents(of: bus, ledger)
        async let _: Void = bus.run()

        try await bus.publish(OrderPaid(orderID: 7, amount: 12.5))
        #expect(await ledger.amounts == [7: 12.5])
        #expect(bus.deadLetters(of: "billing.order-paid").isEmpty)
    }

    @Test("A second attempt enters what a first could not")
    func entersAtLast() async throws {
        let clock = ManualClock()  // It stands still until it is moved.
        let bus = try MemoryEventBus(service: "billing", clock: clock)
        let ledger = Ledger(failures: 1)
        try handleEvents(of: bus, ledger)
        async let _: Void = bus.run()

        try await bus.publish(OrderPaid(orderID: 7, amount: 12.5))
        try await clock.sleeper(for: .seconds(1))  // The first attempt has failed; the second is waited for.
        clock.advance(by: .seconds(1))
        await bus.drain()
        #expect(await ledger.amounts == [7: 12.5])
    }

    @Test("A bus of one's own keeps the promises of a bus", arguments: EventBusConformance.checks)
    func keepsPromises(check: EventBusCheck) async throws {
        var configuration = MemoryEventBusConfiguration()
        configuration.limits = check.limits
        let bus = try MemoryEventBus(service: "billing", configuration: configuration)
        try await check.run(EventBusFixture(bus: bus) { bus.deadLetters(of: $0) })
    }

    @Test("An event goes to a real RabbitMQ and comes back")
    func confirms() async throws {
        let broker = try await LocalBroker.shared()  // One private RabbitMQ per test process; gone with it.
        try await broker.withVhost { url in  // A virtual host of the test's own.
            let bus = try RabbitMQEventBus(url: url, service: "billing")
            let paid = try bus.subscribe(OrderPaid.self, as: "billing.order-paid") { _, _ in }
            async let _: Void = bus.run()
            try await paid.ready()  // The queue is there, so nothing passes it by.
            #expect(try await bus.publish(OrderPaid(orderID: 7, amount: 12.5)) == .confirmed(routed: true))
        }
    }
}
