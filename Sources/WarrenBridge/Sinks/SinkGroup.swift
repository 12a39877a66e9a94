internal import Synchronization
import Warren

/// The sinks that share a subscription: each event goes to those that want it, and is dealt with when all have it.
final class SinkGroup: Sendable {
    /// How many events go to the sinks at a time.
    static let batch = 500

    /// A sink, and how many events it has taken.
    struct Member: Sendable {
        let sink: any Sink
        let taken = Tally()
    }

    private let members: [Member]

    /// Counts the events of one sink.
    final class Tally: Sendable {
        private let count = Atomic(0)

        func add(_ amount: Int) { count.wrappingAdd(amount, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    init(_ members: [Member]) {
        self.members = members
    }

    /// A subscriber that hands events to the sinks, in order, many at a time.
    func subscriber(_ name: String, to patterns: [TopicPattern], retry: RetryPolicy) -> Subscriber {
        Subscriber(name, to: patterns, retry: retry, handler: .batch(upTo: Self.batch) { try await self.take($0) })
    }

    private func take(_ contexts: [EventContext]) async throws {
        var events: [EventEnvelope] = []
        for context in contexts { events.append(try context.envelope) }
        // One after the other: what one sink has taken another may still refuse, and then it comes again.
        for member in members {
            let wanted = events.filter { member.sink.types.matches($0.eventType) }
            guard !wanted.isEmpty else { continue }
            do {
                try await member.sink.take(wanted)
            } catch let end as HandlerHasRetired {
                throw end
            } catch {
                throw SinkFailure(sink: member.sink.name, reason: "\(error)")
            }
            member.taken.add(wanted.count)
        }
    }
}

/// Why a sink did not take its events.
struct SinkFailure: Error, CustomStringConvertible {
    let sink: String
    let reason: String

    var description: String { "sink '\(sink)': \(reason)" }
}
