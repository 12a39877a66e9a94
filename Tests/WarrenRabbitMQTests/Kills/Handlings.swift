import Warren
import WarrenRabbitMQ
import WarrenRuntime

/// What a handler was given, in the order in which it was.
final class Handlings: Sendable {
    struct Handling {
        var id: Int
        var attempt: Int
        var isRedelivered: Bool
    }

    private let all = Locked<[Handling]>([])

    func note(_ order: OrderPaid, _ context: EventContext) {
        let handling = Handling(id: order.orderID, attempt: context.attempt, isRedelivered: context.isRedelivered)
        all.withLock { $0.append(handling) }
    }

    var count: Int { all.withLock { $0.count } }

    var ids: [Int] { all.withLock { $0 }.map(\.id) }

    /// Those beyond the first of an attempt, which no policy has asked for.
    var repeated: [Handling] {
        var seen: Set<[Int]> = []
        return all.withLock { $0 }.filter { !seen.insert([$0.id, $0.attempt]).inserted }
    }

    /// First attempts at events after one at a later event of their publisher.
    var overtaken: [Handling] {
        var (seen, last): (Set<Int>, [Int: Int]) = ([], [:])
        return all.withLock { $0 }.filter { handling in
            guard seen.insert(handling.id).inserted else { return false }
            let publisher = handling.id / RabbitMQEventBus.numbers
            let before = last[publisher] ?? handling.id
            last[publisher] = max(handling.id, before)
            return handling.id < before
        }
    }
}
