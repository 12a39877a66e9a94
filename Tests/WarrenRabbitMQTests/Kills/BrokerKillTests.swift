import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension KillTests {
    @Test("the broker, while all publish and handle and some try again: what was accepted is handled, and entered once")
    func broker() async throws {
        let rounds = scaled(2, full: 100)
        let (publishes, billing, audit) = (Publishes(), Handlings(), Handlings())
        try await withBreakableBroker { broker, url in
            try await withPayments { payments, _ in
                try await withBus(url, inbox: payments.inbox) { bus in
                    let retry = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(1))
                    try await bus.subscribe(
                        OrderPaid.self,
                        as: "billing",
                        retry: retry,
                        concurrency: 8
                    ) { order, context in
                        billing.note(order, context)
                        try await Self.handle(order, context)
                    }.ready()
                    // One at a time, and none fails: the order is that in which they come.
                    try await bus.subscribe(OrderPaid.self, as: "audit") { order, context in
                        audit.note(order, context)
                    }.ready()
                    try await whilePublishing(to: url, publishes, keptUpWithBy: audit) {
                        for _ in 0..<rounds {
                            // Any moment, also one at which not all have found the broker again.
                            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<2000)))
                            try await broker.crash()
                        }
                    }
                    let accepted = publishes.accepted
                    try await bus.expectAllEntered(accepted, in: payments, subscriptions: "billing", "audit")
                    #expect(accepted.isSubset(of: audit.ids))
                    #expect(accepted.count > rounds)
                    print(
                        "\(rounds) rounds: \(accepted.count) accepted, \(Set(billing.ids).count) handled,",
                        "\(publishes.unsure.subtracting(accepted).count) unknown,",
                        "\(billing.repeated.count) and \(audit.repeated.count) handled again,",
                        "\(bus.statistics.duplicates) found by the inbox, \(audit.overtaken.count) out of order"
                    )
                }
            }
        }
        let unsure = publishes.unsure
        for again in billing.repeated + audit.repeated {
            // It was not settled, or nobody knew whether it, or its copy for the next attempt, had been taken.
            #expect(again.isRedelivered || again.attempt > 1 || unsure.contains(again.id), "\(again)")
        }
        for late in audit.overtaken {
            // What the broker had handed out when it died it hands out again, but not always before what is new.
            #expect(late.isRedelivered || unsure.contains(late.id), "\(late)")
        }
    }

    /// Has eight publish until `body` returns, half of them on a bus with a spool; all of it has gone out then.
    ///
    /// They publish as much as can be handled meanwhile: otherwise there is only more of the same.
    private func whilePublishing(
        to url: String,
        _ publishes: Publishes,
        keptUpWithBy handlings: Handlings,
        _ body: () async throws -> Void
    ) async throws {
        let isOver = Shared(false)
        let goesOn = { @Sendable in
            try await eventually("the handlers keep up", within: .seconds(120)) {
                publishes.count < handlings.count + 1000 || isOver.value
            }
            return !isOver.value
        }
        try await withStore { spool in
            try await withBus(url) { direct in
                try await withBus(url, spool: spool) { spooling in
                    async let some: Void = direct.publish(as: 0..<4, while: goesOn, publishes.note)
                    async let others: Void = spooling.publish(as: 4..<8, while: goesOn, publishes.note)
                    try await body()
                    isOver.change { $0 = true }
                    _ = try await (some, others)
                    try await eventually("the spool is empty", within: .seconds(60)) { spooling.hasEmptySpool }
                }
            }
        }
    }
}
