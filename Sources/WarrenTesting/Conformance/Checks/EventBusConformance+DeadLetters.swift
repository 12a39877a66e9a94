internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    /// What a bus promises beyond that when it lets one at its dead letters: all checks; each wants a fixture of its own.
    public static let deadLetterChecks: [EventBusCheck] = [
        EventBusCheck("dead letters are listed and shown, the oldest first, as often as one likes") { stage in
            let store = try await stage.startFailing("failing", 5)
            let heads = try await store.list()
            try expect("numbers", heads.map(\.failure.error), is: (0..<5).map { "no \($0)" })
            let event = try require("a head", heads.first)
            try expect("its type", event.eventType, is: Noted.type)
            try expect("its kind of error", event.failure.errorType, is: "Refusal")
            try expect("its handler", event.failure.handler, is: "failing")
            try expect("its size is more than nothing", event.size > 0, seen: "\(event.size)")
            for limit in [1, 3, 5, 100, 2, 0] {
                let some = try await store.list(.all, limit: limit)
                try expect("the first \(limit)", some, is: Array(heads.prefix(limit)))
                let whole = try await store.show(.all, limit: limit)
                try expect("the first \(limit), whole", whole.map(\.head), is: some)
                try expect("their events", whole.map(\.event.eventID), is: some.map(\.eventID))
            }
            let shown = try await store.show(id: event.eventID)
            let payload = try require("a dead letter", shown.first).event.payload
            try expect(
                "data",
                String(decoding: payload.bytes, as: UTF8.self).contains(#""number":0"#),
                seen: "\(payload)"
            )
            try expect("how many have that id", shown.count, is: 1)
            try expect("how many have another", try await store.show(id: "none").count, is: 0)
        },
        EventBusCheck("a filter finds the dead letters that fit all that it asks for") { stage in
            let store = try await stage.startFailing("failing", 4)
            let heads = try await store.list()
            let second = try require("a second", heads.dropFirst().first)
            let cases: [(String, DeadLetterFilter, Int)] = [
                ("an id", DeadLetterFilter(ids: [second.eventID, "none"]), 1),
                ("a type", DeadLetterFilter(type: try TopicPattern("Suite.*")), 4),
                ("another type", DeadLetterFilter(type: try TopicPattern("Other.*")), 0),
                ("a text", DeadLetterFilter(error: "NO 2"), 1),
                ("a kind of error", DeadLetterFilter(error: "Refusal"), 4),
                ("the past", DeadLetterFilter(failedBefore: EventTimestamp(milliseconds: 0)), 0),
                ("since then", DeadLetterFilter(failedSince: EventTimestamp(milliseconds: 0)), 4),
                ("both", DeadLetterFilter(ids: [second.eventID], error: "no 2"), 0),
            ]
            for (what, filter, count) in cases {
                try expect("how many have \(what)", try await store.list(filter).count, is: count)
            }
        },
        EventBusCheck("a requeued event comes again with its id, as the first attempt, and to its subscription alone") {
            stage in
            let isMended = Gate()
            let attempts = Record<Int>(stage)
            let ids = Record<String>(stage)
            let others = Record<Int>(stage)
            let failing = try stage.bus.subscribe(Noted.self, as: "failing", retry: .immediate(1)) { _, context in
                attempts.add(context.attempt)
                ids.add(context.eventID)
                if !isMended.isOpen { throw Refusal() }
            }
            let other = try stage.bus.subscribe(Noted.self, as: "other") { event, _ in others.add(event.number) }
            try await stage.start(failing, other)
            try await stage.bus.publish(Noted(7))
            let store = try stage.store(of: "failing")
            let first = try require("a dead letter", try await stage.letters(store, count: 1).first)
            let again = try await store.requeue(.all)
            try expect("the ids requeued", again, is: DeadLetterReport(ids: [first.eventID]))
            try await stage.eventually("it is dead again") { stage.bus.statistics.deadLettered == 2 }
            let second = try require("a dead letter", try await stage.letters(store, count: 1).first)
            try expect("attempts in the second dead letter", second.failure.attempts, is: 2)
            isMended.open()
            try expect("how many are requeued", try await store.requeue(.all).ids.count, is: 1)
            try await attempts.become([1, 2, 1, 2, 1], "attempts")
            try await stage.eventually("it is handled") { stage.bus.statistics.handled == 2 }
            try expect("ids", Set(ids.all), is: [first.eventID])
            try expect("what the other one saw", others.all, is: [7])
            _ = try await stage.letters(store, count: 0)
        },
        EventBusCheck("only those that are meant are requeued or discarded, and the others stay in order") { stage in
            let store = try await stage.startFailing("failing", 6)
            let heads = try await store.list()
            let discarded = try await store.discard(DeadLetterFilter(ids: [heads[1].eventID, "none"]))
            try expect("the ids discarded", discarded, is: DeadLetterReport(ids: [heads[1].eventID]))
            let requeued = try await store.requeue(DeadLetterFilter(error: "no"), limit: 2)
            try expect("the ids requeued", requeued, is: DeadLetterReport(ids: [heads[0].eventID, heads[2].eventID]))
            let left = try await stage.letters(store, count: 5).map(\.eventID)
            // Those that were requeued have failed again since.
            try expect("what is left, in order", left, is: [3, 4, 5, 0, 2].map { heads[$0].eventID })
        },
        EventBusCheck("purging takes all dead letters, and only those") { stage in
            let store = try await stage.startFailing("failing", 3)
            try expect("how many are purged", try await store.purge(), is: 3)
            _ = try await stage.letters(store, count: 0)
            try expect("how many are purged then", try await store.purge(), is: 0)
            try expect("what there is to requeue", try await store.requeue(.all), is: DeadLetterReport())
            try await stage.bus.publish(Noted(9))
            _ = try await stage.letters(store, count: 1)
        },
        EventBusCheck("a subscription that there never was has no dead letters to be asked for") { stage in
            try await stage.start()
            let store = try stage.store(of: "nobody")
            try await expectThrow("not found", EventBusError.self, where: { $0.code == .notFound }) {
                _ = try await store.list()
            }
            try await expectThrow("not found", EventBusError.self, where: { $0.code == .notFound }) {
                _ = try await store.requeue(.all)
            }
            try await expectThrow("not found", EventBusError.self, where: { $0.code == .notFound }) {
                _ = try await store.purge()
            }
        },
    ]
}

extension Stage {
    /// The dead letters of a subscription, as the bus itself keeps them.
    fileprivate func store(of name: String) throws -> any DeadLetterStore {
        try require("a bus that lets one at its dead letters", bus as? any DeadLetterKeeping).deadLetterStore(of: name)
    }

    /// Starts a subscription that refuses everything, and has it make so many dead letters.
    fileprivate func startFailing(_ name: String, _ count: Int) async throws -> any DeadLetterStore {
        let handle = try bus.subscribe(Noted.self, as: name) { event, _ in throw Refusal("no \(event.number)") }
        try await start(handle)
        for number in 0..<count { try await bus.publish(Noted(number)) }
        let store = try store(of: name)
        _ = try await letters(store, count: count)
        return store
    }

    /// Waits until there are so many dead letters.
    fileprivate func letters(_ store: any DeadLetterStore, count: Int) async throws -> [DeadLetterHead] {
        var heads: [DeadLetterHead] = []
        try await eventually("\(count) dead letters") {
            heads = (try? await store.list()) ?? []
            return heads.count == count
        }
        return heads
    }
}
