import Dispatch
import Glibc
import Warren
import WarrenRabbitMQ
import WarrenStorage

struct OrderPaid: Event {
    static let type = "Order.Paid"
    var orderID: Int
    var amount: Double
}

/// What the service does with events, on whatever bus.
func handleEvents(of bus: some EventBus, _ ledger: Ledger) throws {
    // Every process that observes gets it, at most once.
    try bus.observe("Order.*") { envelope, context in
        print("observed", envelope.eventType, context.eventID)
    }
    // One process of the service gets it, at least once, from a durable queue. Returning acks it; throwing has it
    // tried again as the policy says, in the end it is a dead letter. Without a policy it is one at once.
    try bus.subscribe(OrderPaid.self, as: "billing.order-paid", retry: .exponential(maxAttempts: 3)) { event, context in
        try await ledger.enter(event.amount, for: event.orderID)
    }
}

func serve(url: String, ledger: Ledger) async throws {
    let bus = HybridEventBus(
        local: try MemoryEventBus(service: "billing"),
        remote: try RabbitMQEventBus(url: url, service: "billing"),
        rules: [try RoutingRule("session.#", reach: .local)]
    )
    try handleEvents(of: bus, ledger)
    try await bus.run()  // Until the task is cancelled; then handlers may end, and the rest stays in the queue.
}

func run(_ service: @escaping @Sendable () async throws -> Void) async throws {
    let service = Task { try await service() }
    // Its end is asked for once: by systemd, by Kubernetes, by Ctrl-C.
    let signals = [SIGTERM, SIGINT].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler { service.cancel() }
        source.resume()
        return source
    }
    defer { for source in signals { source.cancel() } }
    try await service.value
}

func publish(on bus: some EventBus) async throws -> PublishReceipt {
    let receipt = try await bus.publish(OrderPaid(orderID: 7, amount: 12.5))
    // .confirmed(routed: true): the broker has it, and so has a queue.
    return receipt
}

func decide(on bus: some EventBus, _ ledger: Ledger) throws {
    try bus.subscribe(to: ["Order.#"], as: "billing.orders", retry: .immediate(2)) { envelope, context in
        guard let order = envelope.subject else { return .deadLetter(reason: "about no order") }
        return await ledger.knows(order) ? .ack : .retry(after: .seconds(5))
    }
}

func handleOnce(url: String) async throws -> some EventBus {
    let database = try await SQLiteDatabase(path: "billing.db")
    try await database.write { try $0.execute("CREATE TABLE IF NOT EXISTS payments (order_id INTEGER, amount REAL)") }
    let inbox = try await SQLiteInboxStore(in: database)
    let bus = try RabbitMQEventBus(url: url, service: "billing", inbox: inbox)
    try bus.subscribe(OrderPaid.self, as: "billing.order-paid") { order, context in
        try await context.commit { (transaction: SQLiteTransaction) in
            try transaction.execute("INSERT INTO payments VALUES (?, ?)", order.orderID, order.amount)
        }
    }
    return bus
}

func requeueTimeouts(on bus: some DeadLetterKeeping) async throws {
    let letters = bus.deadLetterStore(of: "billing.order-paid")
    for letter in try await letters.list(DeadLetterFilter(error: "timeout")) {
        print(letter.eventID, letter.failure.attempts, letter.failure.error)
    }
    try await letters.requeue(DeadLetterFilter(error: "timeout"))
}

actor Ledger {
    private(set) var amounts: [Int: Double] = [:]
    private var failures: Int

    /// A ledger that is not there at first, so often.
    init(failures: Int = 0) {
        self.failures = failures
    }

    /// Entering twice is entering once: an event may come again.
    func enter(_ amount: Double, for order: Int) throws {
        struct Refund: Error {}
        struct Unavailable: Error {}
        guard amount >= 0 else { throw Refund() }
        guard failures == 0 else {
            failures -= 1
            throw Unavailable()
        }
        amounts[order] = amount
    }

    func knows(_ subject: String?) -> Bool { subject.flatMap(Int.init).map { amounts[$0] != nil } ?? false }
}

func spoolingBus(url: String) async throws -> RabbitMQEventBus {
    let spool = try await SQLiteSpoolStore(path: "billing.spool.db")
    let spooling = try RabbitMQEventBus(url: url, service: "billing", spool: spool)
    return spooling
}
