import Warren
import WarrenRabbitMQ
import WarrenRuntime

extension RabbitMQEventBus {
    /// How many events a publisher may number.
    static var numbers: Int { 1_000_000 }

    /// Publishes event after event in the name of each of several publishers, which all number their own.
    ///
    /// - Parameters:
    ///   - publishers: their numbers, other ones each time.
    ///   - goesOn: asked before each event whether it is to be published; it may keep the publisher waiting.
    ///   - note: told what became of each; `nil`: nobody knows, or there was no room for it.
    /// - Throws: what `goesOn` and `note` throw, and why else an event could not be published.
    func publish(
        as publishers: Range<Int>,
        while goesOn: @escaping @Sendable () async throws -> Bool = { true },
        _ note: @escaping @Sendable (_ id: Int, _ receipt: PublishReceipt?) throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for publisher in publishers {
                group.addTask {
                    for number in 0..<Self.numbers where try await goesOn() {
                        let id = publisher * Self.numbers + number
                        try note(id, try await self.tryPublishing(id))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func tryPublishing(_ id: Int) async throws(EventBusError) -> PublishReceipt? {
        do {
            return try await publish(OrderPaid(orderID: id))
        } catch {
            // That the way is lost in the middle is no news where everything is killed.
            guard error.code == .unknown || error.code == .unavailable else { throw error }
            return nil
        }
    }
}

/// What became of publishes.
final class Publishes: Sendable {
    private struct Ledger {
        var accepted: Set<Int> = []
        var unsure: Set<Int> = []
    }

    private let ledger = Locked(Ledger())

    func note(_ id: Int, _ receipt: PublishReceipt?) {
        ledger.withLock { ledger in
            if receipt != nil { ledger.accepted.insert(id) }
            if receipt == nil || receipt == .spooled { ledger.unsure.insert(id) }
        }
    }

    var count: Int { ledger.withLock { $0.accepted.count } }

    /// Those that returned.
    var accepted: Set<Int> { ledger.withLock { $0.accepted } }

    /// Those that the broker may have had and not answered; it may have them twice.
    var unsure: Set<Int> { ledger.withLock { $0.unsure } }
}
