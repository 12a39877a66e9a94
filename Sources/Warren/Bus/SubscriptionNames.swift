internal import WarrenRuntime

/// Which subscribers of a bus have which name: those of one name share a queue, so they have to want the same.
package final class SubscriptionNames: Sendable {
    private let taken = Locked<[String: (patterns: Set<String>, count: Int)]>([:])

    package init() {}

    /// - Throws: ``EventBusError`` with code `invalidSubscription` when others of its name want something else.
    package func take(_ subscriber: Subscriber) throws(EventBusError) {
        let patterns = Set(subscriber.patterns.map(\.text))
        let others = taken.withLock { taken -> Set<String>? in
            let (others, count) = taken[subscriber.name] ?? (patterns, 0)
            guard others == patterns else { return others }
            taken[subscriber.name] = (patterns, count + 1)
            return nil
        }
        guard let others else { return }
        func list(_ patterns: Set<String>) -> String { patterns.sorted().map { "'\($0)'" }.joined(separator: ", ") }
        throw EventBusError(
            .invalidSubscription,
            "the subscription '\(subscriber.name)' wants \(list(patterns)), but another of its name, which would share "
                + "its events, wants \(list(others)): give it a name of its own"
        )
    }

    /// One subscriber of a name has gone.
    package func giveBack(_ name: String) {
        taken.withLock { taken in
            guard let (patterns, count) = taken[name] else { return }
            taken[name] = count > 1 ? (patterns, count - 1) : nil
        }
    }
}
