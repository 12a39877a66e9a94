internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    static let timeouts: [EventBusCheck] = [
        EventBusCheck("a handler that takes too long is cancelled, which is a failure like any other") { stage in
            let attempts = Record<Int>(stage)
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "slow",
                retry: .immediate(1),
                timeout: .milliseconds(50)
            ) { event, context in
                guard event.number == 1 else { return }
                attempts.add(context.attempt)
                try await SystemClock().sleep(until: .distantFuture)
            }
            try await stage.start(handle)
            try await stage.publish(Noted(1), Noted(2))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "slow").first)
            try expect("attempts", attempts.all, is: [1, 2])
            try expect("errorType", letter.failure.errorType, is: "timeout")
            try expect("attempts in the dead letter", letter.failure.attempts, is: 2)
            try await stage.eventually("what came after it is handled") { stage.bus.statistics.handled == 1 }
        },
        EventBusCheck("a handler in time is not cancelled, whatever others do") { stage in
            let outcomes = Record<Bool>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "quick", timeout: .seconds(5)) { _, _ in
                try await Task.sleep(for: .milliseconds(1))
                outcomes.add(Task.isCancelled)
            }
            let slow = try stage.bus.subscribe(Noted.self, as: "slow", timeout: .milliseconds(20)) { event, _ in
                if event.number == 0 { try await SystemClock().sleep(until: .distantFuture) }
            }
            try await stage.start(handle, slow)
            try await stage.publish((0..<50).map { Noted($0) })
            try await outcomes.become(Array(repeating: false, count: 50), "handlers, cancelled or not")
            _ = try await stage.deadLetters(of: "slow")
        },
        EventBusCheck("a handler that ignores its cancellation keeps its event: no second copy is handled meanwhile") {
            stage in
            let (gate, clock) = (Gate(), SystemClock())
            let (attempts, others) = (Record<Int>(stage), Record<Int>(stage))
            let timedOut = Record<EventBusEvent>(stage)
            let events = stage.bus.events
            stage.watch(events) { if $0.kind == .handlerTimedOut { timedOut.add($0) } }
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "stubborn",
                retry: .immediate(1),
                concurrency: 2,
                timeout: .milliseconds(50)
            ) { event, context in
                guard event.number == 1 else { return others.add(event.number) }
                attempts.add(context.attempt)
                if context.attempt == 1 { await gate.passIgnoringCancellation() }
            }
            try await stage.start(handle)
            try await stage.publish(Noted(1))
            // It is told at once, for it may never return.
            let event = try require("an event", try await timedOut.reach(1, "timeouts told").first)
            try expect("subject", event.subject, is: "stubborn")
            try await stage.publish((2..<12).map { Noted($0) })
            try await others.become(inAnyOrder: Array(2..<12), "events handled meanwhile")
            let until = clock.now.advanced(by: .milliseconds(150))
            try await clock.sleep(until: until)
            try expect("attempts before it returned", attempts.all, is: [1])
            gate.open()
            try await attempts.become([1, 2], "attempts")
            try await stage.eventually("it is handled") { stage.bus.statistics.handled == 11 }
            try expect("timeouts told", timedOut.count, is: 1)
            try await stage.noDeadLetters(of: "stubborn")
        },
        EventBusCheck("the bus's own timeout holds where a subscription has none", limits: .quick) { stage in
            let handle = try stage.bus.subscribe(Noted.self, as: "slow") { _, _ in
                try await SystemClock().sleep(until: .distantFuture)
            }
            try await stage.start(handle)
            try await stage.publish(Noted(1))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "slow").first)
            try expect("errorType", letter.failure.errorType, is: "timeout")
        },
    ]

    static let concurrency: [EventBusCheck] = [
        EventBusCheck("as many handlers run at a time as were asked for, and no more") { stage in
            let gate = Gate()
            let seen = Record<Int>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "four", concurrency: 4) { event, _ in
                try await gate.pass()
                seen.add(event.number)
            }
            let marks = Record<Int>(stage)
            let mark = try stage.bus.observe(Answered.self) { event, _ in marks.add(event.number) }
            try await stage.start(handle, mark)
            try await stage.publish((0..<20).map { Noted($0) })
            try await stage.eventually("four are at work", seen: { "\(gate.present)" }) { gate.present == 4 }
            for number in 0..<5 { try await stage.bus.publish(Answered(number: number)) }
            try await marks.reach(5, "events observed beside")
            try expect("handlers at a time", gate.most, is: 4)
            gate.open()
            try await seen.become(inAnyOrder: Array(0..<20), "events handled")
            try expect("handlers at a time", gate.most <= 4, seen: "\(gate.most)")
        },
        EventBusCheck("the limit of all handlers holds across subscriptions", limits: .init(maxHandlers: 3)) { stage in
            let gate = Gate()
            let seen = Record<Int>(stage)
            var handles: [EventSubscription] = []
            for index in 0..<4 {
                handles.append(
                    try stage.bus.subscribe(Noted.self, as: "limited-\(index)", concurrency: 2) { event, _ in
                        try await gate.pass()
                        seen.add(event.number)
                    }
                )
            }
            try await stage.start()
            try await stage.ready(handles)
            try await stage.publish((0..<10).map { Noted($0) })
            try await stage.eventually("three are at work", seen: { "\(gate.present)" }) { gate.present == 3 }
            gate.open()
            try await seen.become(inAnyOrder: (0..<10).flatMap { [$0, $0, $0, $0] }, "events handled")
            try expect("handlers at a time", gate.most, is: 3)
        },
        EventBusCheck("handlers that wait for their turn do so fairly", limits: .init(maxHandlers: 1)) { stage in
            let seen = Record<Int>(stage)
            var handles: [EventSubscription] = []
            for index in 0..<3 {
                handles.append(
                    try stage.bus.subscribe(Noted.self, as: "fair-\(index)") { event, _ in
                        seen.add(index)
                        await Task.yield()
                    }
                )
            }
            try await stage.start()
            try await stage.ready(handles)
            try await stage.publish((0..<100).map { Noted($0) })
            let all = try await seen.reach(300, "events handled")
            for index in 0..<3 {
                try expect("events of each", all.count { $0 == index }, is: 100)
                let end = try require("an end", all.lastIndex(of: index))
                try expect("nobody ends long before the others", end >= 150, seen: "\(index) ended as number \(end)")
            }
        },
    ]

    static let batches: [EventBusCheck] = [
        EventBusCheck("batches hold what waits, in order and not more than asked for") { stage in
            let gate = Gate()
            let (seen, sizes) = (Record<Int>(stage), Record<Int>(stage))
            let handle = try stage.bus.add(
                Subscriber(
                    "batches",
                    to: [try TopicPattern("#")],
                    handler: .batch(upTo: 10) { contexts in
                        if sizes.count == 0 { try await gate.pass() }
                        sizes.add(contexts.count)
                        for context in contexts { seen.add(try context.occurrence.decode(as: Noted.self).number) }
                    }
                )
            )
            try await stage.start(handle)
            try await stage.publish((0..<100).map { Noted($0) })
            try await stage.eventually("the first batch came") { gate.present == 1 }
            try await stage.eventually("all are published") { stage.bus.statistics.published == 100 }
            gate.open()
            let all = try await seen.reach(100, "events")
            try expect("events", stage.fixture.waitsForHandlers ? all.sorted() : all, is: Array(0..<100))
            try expect("sizes from 1 to 10", sizes.all.allSatisfy { (1...10).contains($0) }, seen: "\(sizes.all)")
            try expect("full batches among them", sizes.all.contains(10), seen: "\(sizes.all)")
            try await stage.eventually("all are handled") { stage.bus.statistics.handled == 100 }
        },
        EventBusCheck("where a batch fails, each event is tried alone, by the policy") { stage in
            let gate = Gate()
            let attempts = Record<Noted>(stage)
            let subscriber = Subscriber(
                "batches",
                to: [try TopicPattern("#")],
                retry: .immediate(2),
                handler: .batch(upTo: 20) { contexts in
                    await gate.count {}
                    if gate.arrived == 1 { try await gate.pass() }
                    let events = try contexts.map { try $0.occurrence.decode(as: Noted.self) }
                    if contexts.count == 1 { attempts.add(Noted(events[0].number, "\(contexts[0].attempt)")) }
                    if events.contains(where: { $0.number == 7 }) { throw Refusal() }
                }
            )
            try await stage.start(try stage.bus.add(subscriber))
            // The first is alone; the others wait meanwhile, so that they come together.
            try await stage.publish(Noted(100))
            try await stage.eventually("the first came") { gate.present == 1 }
            try await stage.publish((0..<20).map { Noted($0) })
            try await stage.eventually("all are published") { stage.bus.statistics.published == 21 }
            gate.open()
            let letter = try require("a dead letter", try await stage.deadLetters(of: "batches").first)
            try expect("the event that fails", try Occurrence(letter.event).decode(as: Noted.self), is: Noted(7))
            try expect("attempts in the dead letter", letter.failure.attempts, is: 3)
            try await stage.eventually("the others are handled") { stage.bus.statistics.handled == 20 }
            let alone = attempts.all.filter { $0.number == 7 }.map(\.text)
            try expect("attempts of it alone", alone, is: ["1", "2", "3"])
            for number in 0..<20 where number != 7 {
                let tries = attempts.all.filter { $0.number == number }
                try expect("at most one attempt of \(number) alone", tries.count <= 1, seen: "\(tries)")
            }
        },
        EventBusCheck("what cannot be read in a batch is a dead letter, and the rest is handled") { stage in
            let gate = Gate()
            let seen = Record<Int>(stage)
            let subscriber = Subscriber(
                "batches",
                to: [try TopicPattern("#")],
                retry: .immediate(3),
                handler: .batch(upTo: 20) { contexts in
                    await gate.count {}
                    if gate.arrived == 1 { try await gate.pass() }
                    let events = try contexts.map { try $0.occurrence.decode(as: Noted.self) }
                    for event in events { seen.add(event.number) }
                }
            )
            try await stage.start(try stage.bus.add(subscriber))
            try await stage.publish(Noted(0))
            try await stage.eventually("the first came") { gate.present == 1 }
            try await stage.publish(Noted(1), Noted(2))
            let bus = stage.bus
            stage.inBackground { try await bus.publish(try EventEnvelope(Noted.type, "{}")) }
            try await stage.eventually("all are published") { bus.statistics.published == 4 }
            gate.open()
            let letter = try require("a dead letter", try await stage.deadLetters(of: "batches").first)
            try expect("errorType", letter.failure.errorType, is: "undecodable")
            try await seen.become(inAnyOrder: [0, 1, 2], "events that can be read")
        },
    ]
}

extension HandlerLimits {
    /// Handlers are soon cancelled.
    fileprivate static let quick = HandlerLimits(timeout: .milliseconds(50), shutdownGrace: .seconds(2))
}
