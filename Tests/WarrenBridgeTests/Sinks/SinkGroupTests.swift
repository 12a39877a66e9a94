import Testing
import Warren
import WarrenRuntime

@testable import WarrenBridge

@Suite("Sinks that share a subscription")
struct SinkGroupTests {
    /// Keeps what it takes, and refuses when it is told so.
    private final class Shelf: Sink {
        struct Refused: Error {}

        let name: String
        let types: TopicPatternSet
        let isPaced: Bool
        private let state: Locked<(taken: [[String]], refusals: Int)>
        private let grace: Int

        /// It refuses so many times, after so many that it takes.
        init(_ name: String, isPaced: Bool = false, refusals: Int = 0, after grace: Int = 0) throws {
            self.name = name
            types = TopicPatternSet([try TopicPattern("#")])
            self.isPaced = isPaced
            self.grace = grace
            state = Locked((taken: [], refusals: refusals))
        }

        var taken: [[String]] { state.withLock { $0.taken } }

        func take(_ events: [EventEnvelope]) async throws {
            try state.withLock { state throws(Refused) in
                guard state.refusals == 0 || state.taken.count < grace else {
                    state.refusals -= 1
                    throw Refused()
                }
                state.taken.append(events.map(\.eventID))
            }
        }

        func reopen() async throws -> String? { nil }

        func close() async {}
    }

    private func group(_ sinks: Shelf...) throws -> Subscriber {
        let patterns = [try TopicPattern("#")]
        return SinkGroup(sinks.map { SinkGroup.Member(sink: $0) }).subscriber("group", to: patterns, retry: .none)
    }

    /// Hands over events with these ids, as a bus does.
    private func hand(_ ids: [String], size: Int = 1, to subscriber: Subscriber) async throws {
        let data = String(repeating: "x", count: size)
        try await hand(try ids.map { try Self.event($0, data: data) }, to: subscriber)
    }

    private func hand(_ events: [EventEnvelope], to subscriber: Subscriber) async throws {
        guard case .batch(_, let handler) = subscriber.handler else { return }
        try await handler(events.map { EventContext(Occurrence($0)) })
    }

    private static func event(_ id: String, from source: String = "test", data: String) throws -> EventEnvelope {
        var event = try EventEnvelope(completing: Array(#"{"event_type":"a","data":"\#(data)"}"#.utf8), source: source)
        event.eventID = id
        return event
    }

    @Test("get many small events at a time, and few large ones")
    func batches() async throws {
        let shelf = try Shelf("a")
        let subscriber = try group(shelf)
        try await hand(["1", "2", "3"], to: subscriber)
        try await hand(["4", "5", "6"], size: 3 << 20, to: subscriber)
        #expect(shelf.taken == [["1", "2", "3"], ["4", "5"], ["6"]])
    }

    @Test("do not get again what they have taken when another of them has refused it")
    func refused() async throws {
        let (first, second) = (try Shelf("a"), try Shelf("b", refusals: 2))
        let subscriber = try group(first, second)
        await #expect(throws: SinkFailure.self) { try await hand(["1", "2"], to: subscriber) }
        await #expect(throws: SinkFailure.self) { try await hand(["1"], to: subscriber) }
        try await hand(["1"], to: subscriber)
        try await hand(["2"], to: subscriber)
        #expect(first.taken == [["1", "2"]])
        #expect(second.taken == [["1"], ["2"]])
        // One that is published with the id of another is an event of its own.
        try await hand(["1"], to: subscriber)
        #expect(first.taken == [["1", "2"], ["1"]] && second.taken == [["1"], ["2"], ["1"]])
    }

    @Test("all get an event that has the id of one that not all have yet, or none as that one", arguments: 0..<3)
    func likeRefused(number: Int) async throws {
        let (event, other) =
            switch number {
            case 0: (try Self.event("1", data: "x"), try Self.event("1", from: "elsewhere", data: "x"))
            case 1: (try Self.event("1", data: "x"), try Self.event("1", data: "y"))
            default: (try Self.event("", data: "x"), try Self.event("", data: "x"))
            }
        let (first, second) = (try Shelf("a"), try Shelf("b", refusals: 1))
        let subscriber = try group(first, second)
        await #expect(throws: SinkFailure.self) { try await hand([event], to: subscriber) }
        try await hand([other], to: subscriber)
        #expect(first.taken.count == 2 && second.taken.count == 1)
    }

    @Test("do not get again what was given to all before a later part of the batch was refused")
    func parts() async throws {
        let (first, second) = (try Shelf("a"), try Shelf("b", refusals: 2, after: 1))
        let subscriber = try group(first, second)
        let large = String(repeating: "x", count: SinkGroup.batchSize)
        let events = [try Self.event("1", data: large), try Self.event("2", data: "y")]
        await #expect(throws: SinkFailure.self) { try await hand(events, to: subscriber) }
        try await hand([events[0]], to: subscriber)
        await #expect(throws: SinkFailure.self) { try await hand([events[1]], to: subscriber) }
        try await hand([events[1]], to: subscriber)
        #expect(first.taken == [["1"], ["2"]] && second.taken == [["1"], ["2"]])
    }

    @Test("have as long as they like where a reader sets the pace, and else as long as the bus has it")
    func pace() throws {
        #expect(try group(try Shelf("a"), try Shelf("b")).timeout == nil)
        #expect(try group(try Shelf("a"), try Shelf("b", isPaced: true)).timeout == SinkGroup.unlimited)
    }
}
