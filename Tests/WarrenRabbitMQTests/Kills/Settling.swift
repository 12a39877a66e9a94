import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension RabbitMQEventBus {
    /// Whether nothing is left to do: in the spool, in the queues of these subscriptions, on the ladder, here.
    func isIdle(_ subscriptions: [String]) async throws -> Bool {
        guard hasEmptySpool, !awaitsRetries, inHand == 0 else { return false }
        return try await waiting(for: subscriptions) == 0
    }

    /// Waits until nothing is left to do; then all that was accepted has been entered, once, and nothing is a dead letter.
    ///
    /// - Returns: the orders that were entered.
    @discardableResult
    func expectAllEntered(
        _ accepted: Set<Int>,
        in payments: PaymentsDatabase,
        subscriptions: String...
    ) async throws -> [Int] {
        var entered: [Int] = []
        try await eventually("all that was accepted is handled, and nothing is left", within: .seconds(300)) {
            guard try await isIdle(subscriptions) else { return false }
            entered = try await payments.orders()
            return accepted.isSubset(of: entered)
        }
        for name in subscriptions {
            let dead = try await deadLetterStore(of: name).list()
            #expect(dead.isEmpty, "dead letters of \(name)")
        }
        #expect(Set(entered).count == entered.count, "an effect is there twice")
        return entered
    }
}
