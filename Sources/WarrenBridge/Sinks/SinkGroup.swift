internal import Synchronization
import Warren
import WarrenRuntime

/// The sinks that share a subscription: each event goes to those that want it, and is dealt with when all have it.
final class SinkGroup: Sendable {
    /// How many events go to the sinks at a time.
    static let batch = 500
    /// How many bytes of events, about: what a sink makes of them is as large once more.
    static let batchSize = 4 << 20
    /// How long a reader may pause that sets the pace of a sink: as long as it likes.
    static let unlimited = Duration.seconds(100 * 365 * 86_400)

    /// A sink, and how many events it has taken.
    struct Member: Sendable {
        let sink: any Sink
        let taken = Tally()
    }

    private let members: [Member]
    /// Of the events of a batch that failed, each of which is now tried alone: how many members, from the first on, have
    /// it already.
    private let taken = Locked<[String: Int]>([:])

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
        Subscriber(
            name,
            to: patterns,
            retry: retry,
            timeout: members.contains(where: \.sink.isPaced) ? Self.unlimited : nil,
            handler: .batch(upTo: Self.batch) { try await self.take($0) }
        )
    }

    private func take(_ contexts: [EventContext]) async throws {
        var taken = taken.withLock { exchange(&$0, with: [:]) }
        // The events of a failed batch come before any other.
        if contexts.count > 1 || taken[contexts[0].eventID] == nil { taken = [:] }
        defer { self.taken.withLock { $0 = taken } }
        let before = taken
        var rest = contexts[...]
        while !rest.isEmpty {
            let events = try Self.takeSome(&rest)
            for (index, member) in members.enumerated() {
                do {
                    try await give(events.filter { (before[$0.eventID] ?? 0) <= index }, to: member)
                } catch {
                    for event in events { taken[event.eventID] = max(index, before[event.eventID] ?? 0) }
                    throw error
                }
            }
            for event in events { taken[event.eventID] = members.count }
        }
        for context in contexts { taken[context.eventID] = nil }
    }

    /// Takes the first events out, at least one, up to what is given to the sinks at a time.
    private static func takeSome(_ contexts: inout ArraySlice<EventContext>) throws -> [EventEnvelope] {
        var events: [EventEnvelope] = []
        var size = 0
        while size < batchSize, let context = contexts.popFirst() {
            let event = try context.envelope
            size += event.payload.bytes.count + (event.further.isEmpty ? 0 : event.further.json().count)
            events.append(event)
        }
        return events
    }

    private func give(_ events: [EventEnvelope], to member: Member) async throws {
        let wanted = events.filter { member.sink.types.matches($0.eventType) }
        guard !wanted.isEmpty else { return }
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

/// Why a sink did not take its events.
struct SinkFailure: Error, CustomStringConvertible {
    let sink: String
    let reason: String

    var description: String { "sink '\(sink)': \(reason)" }
}
