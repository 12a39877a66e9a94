import AMQP
import Foundation
import Glibc
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

/// Processes, broker and network are lost at random moments; `WARREN_FULL=1` has it a hundred times over.
@Suite("Whatever is killed, whenever", .serialized, .timeLimit(.minutes(60)))
struct KillTests {
    private static let rounds = ProcessInfo.processInfo.environment["WARREN_FULL"] == nil ? 3 : 100

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
                        let log = try Journal(accepted, killsWithin: 400_000)
                        let spool = try await SQLiteSpoolStore(path: spoolPath)
                        try await withBus(url, spool: spool) { bus in
                            try await withThrowingTaskGroup(of: Void.self) { group in
                                for task in 0..<8 {
                                    group.addTask {
                                        for number in 0... {
                                            let id = (round * 8 + task) * 100_000 + number
                                            // That the network is lost in the middle is no news here.
                                            guard try await Self.publish(id, on: bus) else { continue }
                                            log.write("\(id)")
                                        }
                                    }
                                }
                                try await group.waitForAll()
                            }
                        }
                    }
                    try Self.disturb(proxy, round + 1)
                    await #expect(processExitsWith: .signal(SIGKILL)) {
                        [url = url as String, path = path as String] in
                        let payments = try await PaymentsDatabase(path)
                        let log = try Journal(path + ".log", killsWithin: 300_000)
                        try await withBus(url, inbox: payments.inbox) { bus in
                            try bus.subscribe(
                                OrderPaid.self,
                                as: "billing",
                                retry: .immediate(5),
                                concurrency: 8
                            ) { order, context in
                                log.write("\(order.orderID)")
                                // Some fail at first: what comes again is not what a crash had in flight.
                                if order.orderID % 7 == 0, context.attempt == 1 { throw Unlucky() }
                                try await PaymentsDatabase.enter(order, context)
                            }
                            // Also where nothing is left to handle.
                            try await Task.sleep(for: .seconds(1))
                            kill(getpid(), SIGKILL)
                        }
                    }
                }
                proxy.passThrough()
                try? proxy.accept()
                let spool = try await SQLiteSpoolStore(path: spoolPath)
                try await withBus(proxy.url, inbox: payments.inbox, spool: spool) { bus in
                    try bus.subscribe(
                        OrderPaid.self,
                        as: "billing",
                        concurrency: 8,
                        PaymentsDatabase.enter
                    )
                    let wanted = Set(try Journal.read(accepted).compactMap { Int($0) })
                    #expect(wanted.count > Self.rounds)
                    try await eventually("all that was accepted is handled", within: .seconds(120)) {
                        try await Set(payments.orders()).isSuperset(of: wanted) && spool.status.count == 0
                    }
                    try await withClient(url) { client in
                        try await eventually("the queue is empty", within: .seconds(60)) {
                            try await client.count("billing") == 0 && bus.inHand == 0
                        }
                        #expect(try await client.count("billing.dead") == 0)
                    }
                }
                await spool.close()
                let orders = try await payments.orders()
                #expect(Set(orders).count == orders.count, "an effect is there twice")
            }
            await proxy.stop()
        }
    }

    /// - Returns: whether it was accepted; not when nobody knows, or there was no room for it.
    private static func publish(_ id: Int, on bus: RabbitMQEventBus) async throws -> Bool {
        do throws(EventBusError) {
            try await bus.publish(OrderPaid(orderID: id))
            return true
        } catch {
            guard error.code == .unknown || error.code == .unavailable else { throw error }
            return false
        }
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
