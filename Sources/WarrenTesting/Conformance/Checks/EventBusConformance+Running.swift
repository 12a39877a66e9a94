internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    static let cancelling: [EventBusCheck] = [
        EventBusCheck("a cancelled subscription begins nothing more; its handler at work may end") { stage in
            let gate = Gate()
            let (first, second) = (Record<Int>(stage), Record<Int>(stage))
            let cancelled = Record<Bool>(stage)
            let one = try stage.bus.subscribe(Noted.self, as: "shared") { event, _ in
                first.add(event.number)
                await gate.passIgnoringCancellation()
                cancelled.add(Task.isCancelled)
            }
            try await stage.start(one)
            try await stage.publish((0..<10).map { Noted($0) })
            try await stage.eventually("one event is at work") { gate.present == 1 }
            let other = try stage.elsewhere.subscribe(Noted.self, as: "shared") { event, _ in second.add(event.number) }
            try await stage.ready(other)
            one.cancel()
            one.cancel()
            gate.open()
            try await stage.eventually("the others are handled elsewhere", seen: { "\(second.all)" }) {
                second.count >= 9
            }
            try expect("events begun by the cancelled one", first.count, is: 1)
            try expect("each event once", (first.all + second.all).sorted(), is: Array(0..<10))
            try await cancelled.become([false], "the handler at work, cancelled or not")
        },
        EventBusCheck(
            "a handler that waits for its turn is not begun once its subscription is cancelled",
            limits: .init(maxHandlers: 1)
        ) { stage in
            let gate = Gate()
            let (waiting, marks) = (Record<Int>(stage), Record<Int>(stage))
            let busy = try stage.bus.subscribe(Noted.self, as: "busy") { _, _ in try await gate.pass() }
            let handle = try stage.bus.subscribe(Answered.self, as: "waiting") { event, _ in waiting.add(event.number) }
            try await stage.start(busy, handle)
            try await stage.publish(Noted(1))
            try await stage.eventually("the only handler is at work") { gate.present == 1 }
            let bus = stage.bus
            stage.inBackground { try await bus.publish(Answered(number: 1)) }
            try await stage.eventually("the other event is published") { bus.statistics.published == 2 }
            handle.cancel()
            let mark = try bus.subscribe(to: ["mark"], as: "marks") { _, _ in marks.add(1) }
            try await stage.ready(mark)
            stage.inBackground { try await bus.publish(try EventEnvelope("mark", "1")) }
            gate.open()
            try await marks.reach(1, "events of a subscription that came later")
            try expect("events of the cancelled one", waiting.all, is: [])
        },
        EventBusCheck("a handler may cancel its own subscription") { stage in
            let seen = Record<Int>(stage)
            let handles = Record<EventSubscription>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "once") { event, _ in
                seen.add(event.number)
                for handle in handles.all { handle.cancel() }
            }
            handles.add(handle)
            let marks = Record<Int>(stage)
            let mark = try stage.bus.subscribe(Noted.self, as: "marks") { event, _ in marks.add(event.number) }
            try await stage.start(handle, mark)
            try await stage.publish((0..<10).map { Noted($0) })
            try await marks.become(inAnyOrder: Array(0..<10), "events for the one that stays")
            try await stage.eventually("it was handled") { stage.bus.statistics.handled == 11 }
            try expect("events for the one that left", seen.count, is: 1)
        },
        EventBusCheck("a subscription is cancelled while an event of it waits for its next attempt") { stage in
            let attempts = Record<Int>(stage)
            let policy = RetryPolicy.exponential(maxAttempts: 3, initial: .seconds(3600), max: .seconds(7200))
            let handle = try stage.bus.subscribe(Noted.self, as: "patient", retry: policy) { _, context in
                attempts.add(context.attempt)
                throw Refusal()
            }
            try await stage.start(handle)
            try await stage.publish(Noted(1))
            try await stage.eventually("it has failed") { stage.bus.statistics.failed == 1 }
            handle.cancel()
            try await stage.end()
            try expect("attempts", attempts.all, is: [1])
            try await stage.noDeadLetters(of: "patient")
        },
    ]

    static let running: [EventBusCheck] = [
        EventBusCheck("a bus that does nothing ends when its run is cancelled") { stage in
            let handle = try stage.bus.subscribe(Noted.self, as: "idle", concurrency: 8) { _, _ in }
            try await stage.start(handle, try stage.bus.observe("#") { _, _ in })
            try await stage.end()
        },
        EventBusCheck("a bus runs once") { stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            try await stage.start(try bus.subscribe(Noted.self, as: "once") { event, _ in seen.add(event.number) })
            try await bus.publish(Noted(1))
            // Handled: so it runs.
            try await seen.become([1], "events")
            try await expectThrow("closed", EventBusError.self, where: { $0.code == .closed }) { try await bus.run() }
            try await stage.end()
            try await expectThrow("closed", EventBusError.self, where: { $0.code == .closed }) { try await bus.run() }
        },
        EventBusCheck("a bus whose task was cancelled before it ran ends as well") { stage in
            let bus = stage.bus
            _ = try bus.subscribe(Noted.self, as: "never") { _, _ in }
            try await stage.soon("an end of run()") {
                let task = Task {
                    while !Task.isCancelled { await Task.yield() }
                    try await bus.run()
                }
                task.cancel()
                try await task.value
            }
        },
        EventBusCheck("a bus that has ended says so to whoever publishes, or waits for a subscription") { stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            let handle = try bus.subscribe(Noted.self, as: "gone") { event, _ in seen.add(event.number) }
            let observer = try bus.observe(Noted.self) { _, _ in }
            try await stage.start(handle, observer)
            try await bus.publish(Noted(1))
            try await seen.become([1], "events while it ran")
            try await stage.end()
            let published = bus.statistics.published
            func closed(_ what: String, _ body: () async throws -> Void) async throws {
                try await expectThrow("closed for \(what)", EventBusError.self, where: { $0.code == .closed }, body)
            }
            try await closed("a publish") { try await bus.publish(Noted(2)) }
            try await closed("an envelope") { try await bus.publish(try EventEnvelope("a", "1")) }
            try await closed("a subscription") { try await handle.ready() }
            try await closed("an observer") { try await observer.ready() }
            let late = try bus.subscribe(Noted.self, as: "late") { _, _ in }
            try await closed("a late subscription") { try await late.ready() }
            try expect("published", bus.statistics.published, is: published)
            handle.cancel()
            late.cancel()
        },
        EventBusCheck("when the bus ends a handler at work may end") { stage in
            let gate = Gate()
            let cancelled = Record<Bool>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "working") { _, _ in
                await gate.passIgnoringCancellation()
                cancelled.add(Task.isCancelled)
            }
            try await stage.start(handle)
            stage.publishUntilEnd(Noted(1))
            try await stage.eventually("it is at work") { gate.present == 1 }
            stage.cancelRuns()
            // Time for a cancellation that must not come.
            try await Task.sleep(for: .milliseconds(50))
            gate.open()
            try await stage.end()
            try expect("the handler, cancelled or not", cancelled.all, is: [false])
            try expect("handled", stage.bus.statistics.handled, is: 1)
            try expect("failed", stage.bus.statistics.failed, is: 0)
        },
        EventBusCheck("a handler that goes on for longer is cancelled, which is no failure", limits: .hasty) { stage in
            let begun = Record<Int>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "long") { event, _ in
                begun.add(event.number)
                try await SystemClock().sleep(until: .distantFuture)
            }
            try await stage.start(handle)
            stage.publishUntilEnd(Noted(1))
            try await begun.reach(1, "events begun")
            try await stage.stopBus()
            try expect("failed", stage.bus.statistics.failed, is: 0)
            try expect("handled", stage.bus.statistics.handled, is: 0)
            try expect("dead letters", stage.bus.statistics.deadLettered, is: 0)
            try await stage.noDeadLetters(of: "long")
        },
        EventBusCheck("what a bus has not dealt with when it ends, another instance handles", limits: .hasty) { stage in
            // Within one process there is no other.
            guard stage.fixture.second != nil else { return }
            let (begun, seen) = (Record<Int>(stage), Record<Int>(stage))
            let handle = try stage.bus.subscribe(Noted.self, as: "shared") { event, _ in
                begun.add(event.number)
                try await SystemClock().sleep(until: .distantFuture)
            }
            try await stage.start(handle)
            for number in 0..<5 { try await stage.elsewhere.publish(Noted(number)) }
            try await begun.become([0], "events begun")
            try await stage.stopBus()
            let other = try stage.elsewhere.subscribe(Noted.self, as: "shared") { event, _ in seen.add(event.number) }
            try await stage.ready(other)
            try await seen.become(inAnyOrder: Array(0..<5), "events handled elsewhere")
            try await stage.noDeadLetters(of: "shared")
        },
        EventBusCheck("a bus ends while handlers ignore it, soon after the grace", limits: .hasty) { stage in
            let gate = Gate()
            let handle = try stage.bus.subscribe(Noted.self, as: "deaf") { _, _ in await gate.passIgnoringCancellation()
            }
            try await stage.start(handle)
            stage.publishUntilEnd(Noted(1))
            try await stage.eventually("it is at work") { gate.present == 1 }
            try await stage.end()
            gate.open()
            try await stage.eventually("the handler has ended") { gate.present == 0 }
            try await stage.noDeadLetters(of: "deaf")
        },
    ]
}

extension HandlerLimits {
    /// Handlers at work have little time when the bus ends.
    fileprivate static let hasty = HandlerLimits(shutdownGrace: .milliseconds(100))
}
