import Glibc
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

/// Processes, broker and network are lost at random moments; `WARREN_FULL=1` has it a hundred times over.
@Suite("Whatever is killed, whenever", .serialized, .timeLimit(.minutes(60)))
struct KillTests {
    static let rounds = scaled(3, full: 100)

    @Test("publishers, consumers, the network between them: what was accepted is handled, and entered once")
    func processes() async throws {
        try await withVhost { url in
            let proxy = try FaultProxy(to: url)
            try await withPayments { payments, path in
                let folder = try TemporaryFolder(prefix: "warren-kills")
                let (accepted, spoolPath) = (folder.path(of: "accepted"), folder.path(of: "spool.db"))
                try await withBus(url) { bus in
                    let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                    try await handle.ready()
                    handle.cancel()
                }
                for round in 0..<Self.rounds {
                    try Self.disturb(proxy, round)
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [
                            url = proxy.url as String, accepted = accepted as String,
                            spoolPath = spoolPath as String, round = round as Int
                        ] in
                        let log = try Journal(accepted, killingWithin: .milliseconds(400))
                        let spool = try await SQLiteSpoolStore(path: spoolPath)
                        try await withBus(url, spool: spool) { bus in
                            try await bus.publish(as: (round * 8)..<(round * 8 + 8)) { id, receipt in
                                if receipt != nil { try log.write("\(id)") }
                            }
                        }
                    }
                    try Self.disturb(proxy, round + 1)
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [url = url as String, path = path as String] in
                        let payments = try await PaymentsDatabase(path)
                        let log = try Journal(path + ".log", killingWithin: .milliseconds(300))
                        try await withBus(url, inbox: payments.inbox, Self.sparing) { bus in
                            try await bus.subscribe(
                                OrderPaid.self,
                                as: "billing",
                                retry: .immediate(5),
                                concurrency: 8
                            ) { order, context in
                                try log.write("\(order.orderID)")
                                try await Self.handle(order, context)
                            }.ready()
                            try await eventually("nothing is left to handle", within: .seconds(60)) {
                                try await bus.isIdle(["billing"])
                            }
                        }
                        // Not before: what comes at the last moment would always be killed at its beginning.
                        kill(getpid(), SIGKILL)
                    }
                }
                proxy.passThrough()
                try? proxy.accept()
                let spool = try await SQLiteSpoolStore(path: spoolPath)
                try await withBus(proxy.url, inbox: payments.inbox, spool: spool, Self.sparing) { bus in
                    try bus.subscribe(
                        OrderPaid.self,
                        as: "billing",
                        concurrency: 8,
                        PaymentsDatabase.enter
                    )
                    let wanted = Set(try Journal.read(accepted).compactMap { Int($0) })
                    #expect(wanted.count > Self.rounds)
                    let entered = try await bus.expectAllEntered(wanted, in: payments, subscriptions: "billing")
                    print("\(Self.rounds) rounds: \(wanted.count) accepted, \(entered.count) entered")
                }
                await spool.close()
            }
            await proxy.stop()
        }
    }

    /// Where processes are killed as often, one event may by chance be alone at work a few times.
    private static func sparing(_ configuration: inout RabbitMQEventBusConfiguration) {
        configuration.limits.maxCrashes = 1000
    }

    /// Some fail at first: what comes again is not always what a crash had in flight.
    static func handle(_ order: OrderPaid, _ context: EventContext) async throws {
        if order.orderID % 7 == 0, context.attempt == 1 { throw Unlucky() }
        try await PaymentsDatabase.enter(order, context)
    }

    /// Another network in each round: as it should be, away, slow, silent, cut.
    private static func disturb(_ proxy: FaultProxy, _ round: Int) throws {
        proxy.passThrough()
        switch round % 5 {
        case 0: try? proxy.accept()
        case 1: proxy.refuse()
        case 2:
            try? proxy.accept()
            proxy.delay(.milliseconds(50))
        case 3:
            proxy.cut(.reset)
            proxy.goSilent()
        default:
            proxy.cut(.orderly)
            try? proxy.accept()
        }
    }
}
