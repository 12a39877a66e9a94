internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    static let reporting: [EventBusCheck] = [
        EventBusCheck("what is counted adds up") { stage in
            let bus = stage.bus
            let observer = try bus.observe(Noted.self) { event, _ in
                if event.number % 2 == 0 { throw Refusal() }
            }
            let good = try bus.subscribe(Noted.self, as: "good") { _, _ in }
            let bad = try bus.subscribe(Noted.self, as: "bad", retry: .immediate(1)) { event, _ in
                if event.number < 3 { throw Refusal() }
            }
            try await stage.start(observer, good, bad)
            for number in 0..<10 { try await bus.publish(Noted(number)) }
            // 10 of the good one and 7 of the bad one.
            try await stage.eventually("all are dealt with", seen: { "\(bus.statistics)" }) {
                let statistics = bus.statistics
                return statistics.handled == 17 && statistics.deadLettered == 3 && statistics.observed == 10
            }
            var expected = EventBusStatistics()
            expected.published = 10
            (expected.keptLocal, expected.confirmed) = stage.fixture.second == nil ? (10, 0) : (0, 10)
            (expected.observed, expected.handled, expected.deadLettered) = (10, 17, 3)
            // Two attempts of three events, and five times the observer.
            expected.failed = 11
            try expect("statistics", bus.statistics, is: expected)
        },
        EventBusCheck("what goes wrong is told, with where and which event") { stage in
            let bus = stage.bus
            let told = Record<EventBusEvent>(stage)
            stage.watch(bus.events) { told.add($0) }
            let ids = Record<String>(stage)
            let observer = try bus.observe(Noted.self) { _, context in
                ids.add(context.eventID)
                throw Refusal("seen too much")
            }
            let failing = try bus.subscribe(Noted.self, as: "failing", retry: .immediate(1)) { _, _ in
                throw Refusal("done too much")
            }
            let releasing = try bus.subscribe(
                Noted.self,
                as: "releasing",
                deciding: { _, _ in
                    told.all.contains { $0.kind == .released } ? .ack : .release
                }
            )
            try await stage.start(observer, failing, releasing)
            try await bus.publish(Noted(1))
            let id = try require("an id", try await ids.reach(1, "ids").first)
            func event(_ kind: EventBusEvent.Kind, _ subject: String, count: Int = 1) async throws {
                func all() -> [EventBusEvent] { told.all.filter { $0.kind == kind && $0.subject == subject } }
                try await stage.eventually("\(count) of \(kind) about '\(subject)'", seen: { "\(told.all)" }) {
                    all().count >= count
                }
                try expect("event id", all().first?.eventID, is: id)
            }
            try await event(.observerFailed, Noted.type)
            try await event(.handlerFailed, "failing", count: 2)
            try await event(.deadLettered, "failing")
            try await event(.released, "releasing")
            let failures = told.all.filter { $0.kind == .handlerFailed }
            try expect("attempts that failed", failures.count, is: 2)
            let reason = failures.first?.reason ?? ""
            try expect("the error in '\(reason)'", reason.contains("Refusal: done too much"), seen: "no")
        },
        EventBusCheck("the stream of events ends with the bus, for everybody who listens") { stage in
            let ends = Record<Int>(stage)
            let streams = [stage.bus.events, stage.bus.events]
            for stream in streams {
                Task {
                    for await _ in stream {}
                    ends.add(1)
                }
            }
            try await stage.start()
            try await stage.end()
            try await ends.reach(2, "streams that end")
            for await _ in stage.bus.events {}
        },
    ]

    static let bursts: [EventBusCheck] = [
        EventBusCheck("5,000 events in a burst: each is handled once, observed or counted as lost") { stage in
            let count = 5000
            let (one, many, observed) = (Record<Int>(stage), Record<Int>(stage), Record<Int>(stage))
            let bus = stage.bus
            let ordered = try bus.subscribe(Noted.self, as: "one") { event, _ in one.add(event.number) }
            let parallel = try stage.elsewhere.subscribe(Noted.self, as: "many", concurrency: 8) { event, _ in
                many.add(event.number)
                await Task.yield()
            }
            let observer = try bus.observe(Noted.self) { event, _ in observed.add(event.number) }
            try await stage.start(ordered, parallel, observer)
            for number in 0..<count { try await bus.publish(Noted(number)) }
            try await one.become(Array(0..<count), "events, one at a time")
            try await many.become(inAnyOrder: Array(0..<count), "events, eight at a time")
            try await stage.eventually("all are observed or lost", seen: { "\(observed.count), \(bus.statistics)" }) {
                observed.count + bus.statistics.overflowed == count
            }
            try expect("what was observed, in order", observed.all == observed.all.sorted(), seen: "another order")
            try expect("what was observed, once", Set(observed.all).count, is: observed.count)
        },
        EventBusCheck("subscribers come and go while events flow: those that stay miss nothing") { stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            try await stage.start(try bus.subscribe(Noted.self, as: "staying") { event, _ in seen.add(event.number) })
            stage.inBackground {
                for number in 0..<20 {
                    let handle = try bus.subscribe(to: ["Suite.#"], as: "passing-\(number % 3)") { _, _ in }
                    let observer = try bus.observe("#") { _, _ in }
                    await Task.yield()
                    if number % 2 == 0 { try await observer.ready() }
                    handle.cancel()
                    observer.cancel()
                }
            }
            for number in 0..<1000 { try await bus.publish(Noted(number)) }
            try await seen.become(Array(0..<1000), "events for the one that stays")
        },
    ]
}
