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
    /// Of the events of a batch that failed, each of which is now tried alone.
    private let progress = Locked(Progress())

    /// How many members, from the first on, have which events already.
    private struct Progress {
        /// What tells an event from any other: sources may share ids, and one may use an id again.
        private struct Identity: Hashable {
            let source: String?
            let eventID: String
            let payload: Int

            /// Without an id it cannot be told from others: `nil`.
            init?(_ event: EventEnvelope) {
                guard !event.eventID.isEmpty else { return nil }
                (source, eventID, payload) = (event.source, event.eventID, event.payload.hashValue)
            }
        }

        private var counts: [Identity: Int] = [:]

        /// `nil`: as far as is known, none has it.
        subscript(_ event: EventEnvelope) -> Int? {
            get { counts.isEmpty ? nil : Identity(event).flatMap { counts[$0] } }
            set { if let identity = Identity(event) { counts[identity] = newValue } }
        }
    }

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
        var progress = progress.withLock { exchange(&$0, with: Progress()) }
        let first = try contexts[0].envelope
        // The events of a failed batch come before any other.
        if contexts.count > 1 || progress[first] == nil { progress = Progress() }
        defer { self.progress.withLock { $0 = progress } }
        let before = progress
        var rest = contexts[...]
        while !rest.isEmpty {
            let events = try Self.takeSome(&rest)
            for (index, member) in members.enumerated() {
                do {
                    try await give(events.filter { (before[$0] ?? 0) <= index }, to: member)
                } catch {
                    for event in events { progress[event] = max(index, before[event] ?? 0) }
                    throw error
                }
            }
            // There may be a failure to come.
            if !rest.isEmpty { for event in events { progress[event] = members.count } }
        }
        progress = before
        progress[first] = nil
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
