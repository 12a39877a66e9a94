internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    /// What a bus promises beyond that when it has an inbox: all checks; each wants a fixture of its own, with an
    /// ``EventBusFixture/inbox``.
    public static let inboxChecks: [EventBusCheck] = [
        EventBusCheck("what a handler commits is there once, however often the event comes") { stage in
            let inbox = try stage.requireInbox()
            let handle = try stage.bus.subscribe(Noted.self, as: "committing") { event, context in
                try await inbox.commit(context, event.number)
            }
            let other = try stage.elsewhere.subscribe(Noted.self, as: "committing-too") { event, context in
                try await inbox.commit(context, event.number + 100)
            }
            try await stage.start(handle, other)
            for number in [1, 2, 1, 1, 3] { try await stage.bus.publish(try stage.event(number)) }
            var sum: EventBusStatistics {
                stage.fixture.second.map { stage.bus.statistics + $0.statistics } ?? stage.bus.statistics
            }
            try await stage.eventually("six are handled, and four are duplicates", seen: { "\(sum)" }) {
                sum.handled == 6 && sum.duplicates == 4
            }
            try expect("what is committed", try await inbox.committed().sorted(), is: [1, 2, 3, 101, 102, 103])
            try await stage.noDeadLetters(of: "committing")
        },
        EventBusCheck("a handler that has committed has handled its event, whatever it throws then") { stage in
            let inbox = try stage.requireInbox()
            let (attempts, told) = (Record<Int>(stage), Record<EventBusEvent>(stage))
            stage.watch(stage.bus.events) { if $0.kind == .handlerFailed { told.add($0) } }
            let handle = try stage.bus.subscribe(Noted.self, as: "committing", retry: .immediate(3)) { event, context in
                attempts.add(event.number)
                try await inbox.commit(context, event.number)
                throw Refusal("too late")
            }
            try await stage.start(handle)
            for number in 1...2 { try await stage.bus.publish(Noted(number)) }
            try await stage.eventually("both are handled") { stage.bus.statistics.handled == 2 }
            try expect("attempts", attempts.all, is: [1, 2])
            try await told.reach(2, "failures told")
            let reason = told.all.first?.reason ?? ""
            try expect("the error in '\(reason)'", reason.contains("too late"), seen: "no")
            try expect("what is committed", try await inbox.committed().sorted(), is: [1, 2])
            try await stage.noDeadLetters(of: "committing")
        },
        EventBusCheck("a handler that fails before it commits tries again, and commits once") { stage in
            let inbox = try stage.requireInbox()
            let handle = try stage.bus.subscribe(Noted.self, as: "committing", retry: .immediate(2)) { event, context in
                if context.attempt < 3 { throw Refusal() }
                try await inbox.commit(context, event.number)
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(1))
            try await stage.eventually("it is handled") { stage.bus.statistics.handled == 1 }
            try expect("what is committed", try await inbox.committed(), is: [1])
            try expect("attempts that failed", stage.bus.statistics.failed, is: 2)
        },
        EventBusCheck("what a handler commits twice is written once, and it is told so") { stage in
            let inbox = try stage.requireInbox()
            let errors = Record<String>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "committing") { event, context in
                try await inbox.commit(context, event.number)
                do {
                    try await inbox.commit(context, event.number + 1)
                } catch let error as StorageError {
                    errors.add("\(error.code)")
                }
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(1))
            try await stage.eventually("it is handled") { stage.bus.statistics.handled == 1 }
            try expect("errors", errors.all, is: ["alreadyHandled"])
            try expect("what is committed", try await inbox.committed(), is: [1])
        },
        EventBusCheck("a dead letter was not handled: requeued it is, and once") { stage in
            let inbox = try stage.requireInbox()
            let isMended = Gate()
            let handle = try stage.bus.subscribe(Noted.self, as: "failing", retry: .immediate(1)) { event, context in
                if !isMended.isOpen { throw Refusal() }
                try await inbox.commit(context, event.number)
            }
            try await stage.start(handle)
            let event = try stage.event(7)
            try await stage.bus.publish(event)
            _ = try await stage.deadLetters(of: "failing")
            let key = InboxKey(source: "conformance", eventID: event.eventID, subscription: "failing")
            try expect("whether it is handled", try await inbox.store.isHandled(key), is: false)
            isMended.open()
            let keeping = try require("a bus that lets one at its dead letters", stage.bus as? any DeadLetterKeeping)
            let letters = keeping.deadLetterStore(of: "failing")
            try await stage.eventually("it is requeued") {
                (try? await letters.requeue(.all).ids.count) == 1 || stage.bus.statistics.handled == 1
            }
            try await stage.eventually("it is handled") { stage.bus.statistics.handled == 1 }
            try expect("whether it is handled", try await inbox.store.isHandled(key), is: true)
            try await stage.bus.publish(event)
            try await stage.eventually("it is a duplicate") { stage.bus.statistics.duplicates == 1 }
            try expect("what is committed", try await inbox.committed(), is: [7])
        },
        EventBusCheck("the events of a batch are committed once each, also where the batch fails") { stage in
            let inbox = try stage.requireInbox()
            let failures = Record<Int>(stage)
            let subscriber = Subscriber(
                "batches",
                to: [try TopicPattern(Noted.type)],
                retry: .immediate(1),
                handler: .batch(upTo: 20) { contexts in
                    for context in contexts {
                        let number = try context.occurrence.decode(as: Noted.self).number
                        if number == 5, failures.count == 0 {
                            failures.add(number)
                            throw Refusal()
                        }
                        try await inbox.commit(context, number)
                    }
                }
            )
            try await stage.start(try stage.bus.add(subscriber))
            for number in (0..<10).flatMap({ [$0, $0] }) { try await stage.bus.publish(try stage.event(number)) }
            try await stage.eventually("all are dealt with", seen: { "\(stage.bus.statistics)" }) {
                let statistics = stage.bus.statistics
                return statistics.handled == 10 && statistics.duplicates == 10
            }
            try expect("what is committed", try await inbox.committed().sorted(), is: Array(0..<10))
            try await stage.noDeadLetters(of: "batches")
        },
        EventBusCheck("an observer has nothing to commit, and is told so") { stage in
            let inbox = try stage.requireInbox()
            let errors = Record<String>(stage)
            let observer = try stage.bus.observe(Noted.self) { event, context in
                do {
                    try await inbox.commit(context, event.number)
                } catch let error as EventBusError {
                    errors.add("\(error.code)")
                }
            }
            try await stage.start(observer)
            try await stage.bus.publish(Noted(1))
            try await errors.become(["cannotCommit"], "errors")
            try expect("what is committed", try await inbox.committed(), is: [])
        },
    ]
}

extension Stage {
    fileprivate func requireInbox() throws -> EventBusFixture.Inbox {
        try require("an inbox in the fixture of a bus that has one", fixture.inbox)
    }

    /// The same event each time, by its number.
    fileprivate func event(_ number: Int) throws -> EventEnvelope {
        var event = try EventEnvelope(Noted.type, #"{"number":\#(number),"text":""}"#)
        event.eventID = "event-\(number)"
        event.source = "conformance"
        return event
    }
}
