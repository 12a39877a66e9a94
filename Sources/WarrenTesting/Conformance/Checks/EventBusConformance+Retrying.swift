internal import Warren
internal import WarrenRuntime

extension EventBusConformance {
    static let retrying: [EventBusCheck] = [
        EventBusCheck("without retries an event that fails is a dead letter, with what is known of it") { stage in
            let seen = Record<EventEnvelope>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "failing") { event, context in
                seen.add(try context.envelope)
                throw Refusal("no luck with ünicode")
            }
            try await stage.start(handle)
            let before = EventTimestamp.now().milliseconds
            try await stage.bus.publish(Noted(7), correlationID: "whole", subject: "s")
            let letter = try require("a dead letter", try await stage.deadLetters(of: "failing").first)
            let event = try require("an event", seen.all.first)
            try expect("attempts", seen.count, is: 1)
            try expect("attempts", letter.failure.attempts, is: 1)
            try expect("handler", letter.failure.handler, is: "failing")
            try expect(
                "the error in '\(letter.failure.error)'",
                letter.failure.error.contains("no luck with ünicode"),
                seen: "no"
            )
            try expect("errorType", letter.failure.errorType, is: "Refusal")
            let (first, last) = (letter.failure.firstFailedAt.milliseconds, letter.failure.lastFailedAt.milliseconds)
            let after = EventTimestamp.now().milliseconds
            try expect(
                "times in order",
                before - 1 <= first && first <= last && last <= after,
                seen: "\(letter.failure)"
            )
            try expect("event_id", letter.event.eventID, is: event.eventID)
            try expect("correlation_id", letter.event.correlationID, is: "whole")
            try expect("data", letter.event.payload, is: event.payload)
            try expect("the whole event", letter.event == event, seen: "\(letter.event)")
        },
        EventBusCheck("a failing event is tried exactly as often as its policy has it") { stage in
            let attempts = Record<Int>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "failing", retry: .immediate(3)) { _, context in
                attempts.add(context.attempt)
                throw Refusal()
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(1))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "failing").first)
            try expect("attempts", attempts.all, is: [1, 2, 3, 4])
            try expect("attempts in the dead letter", letter.failure.attempts, is: 4)
        },
        EventBusCheck("the waits between attempts grow as the policy has it") { stage in
            let clock = SystemClock()
            let times = Record<MonotonicTime>(stage)
            let policy = RetryPolicy.exponential(
                maxAttempts: 4,
                initial: .milliseconds(40),
                multiplier: 2,
                max: .milliseconds(60)
            )
            let handle = try stage.bus.subscribe(Noted.self, as: "waiting", retry: policy) { _, _ in
                times.add(clock.now)
                throw Refusal()
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(1))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "waiting").first)
            try expect("attempts", times.count, is: 4)
            for (index, least) in [40, 60, 60].enumerated() where index + 1 < times.count {
                let wait = times.all[index].duration(until: times.all[index + 1])
                try expect("a wait of \(least) ms or more", wait >= .milliseconds(least), seen: "\(wait)")
            }
            let failure = letter.failure
            try expect(
                "the time of the first and the last failure",
                failure.lastFailedAt.milliseconds - failure.firstFailedAt.milliseconds >= 150,
                seen: "\(failure)"
            )
        },
        EventBusCheck("waits of seconds, where a bus may spend them as it likes, count and end as short ones do") {
            stage in
            let clock = SystemClock()
            let tries = Record<(attempt: Int, time: MonotonicTime)>(stage)
            let policy = RetryPolicy.exponential(maxAttempts: 3, initial: .milliseconds(600))
            let handle = try stage.bus.subscribe(Noted.self, as: "seconds", retry: policy) { _, context in
                tries.add((context.attempt, clock.now))
                throw Refusal()
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(7))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "seconds").first)
            try expect("attempts", tries.all.map(\.attempt), is: [1, 2, 3])
            for (index, wait) in [600, 1200].enumerated() {
                let seen = tries.all[index].time.duration(until: tries.all[index + 1].time)
                // A machine may be busy; a step of a second too much is none of its doing.
                let isRight = seen >= .milliseconds(wait) && seen <= .milliseconds(wait + 900)
                try expect("a wait of \(wait) ms, or little more", isRight, seen: "\(seen)")
            }
            try expect("the event", try Occurrence(letter.event).decode(as: Noted.self), is: Noted(7))
            try expect("attempts in the dead letter", letter.failure.attempts, is: 3)
            let between = letter.failure.lastFailedAt.milliseconds - letter.failure.firstFailedAt.milliseconds
            try expect("1.8 s from first to last", (1790...3600).contains(between), seen: "\(between) ms")
        },
        EventBusCheck("an event that succeeds at last is no dead letter, and those after it come") { stage in
            let attempts = Record<Noted>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "third-time", retry: .immediate(2)) { event, context in
                attempts.add(Noted(event.number, "\(context.attempt)"))
                if event.number == 1, context.attempt < 3 { throw Refusal() }
            }
            try await stage.start(handle)
            for number in 1...3 { try await stage.bus.publish(Noted(number)) }
            try await stage.eventually("all are handled") { stage.bus.statistics.handled == 3 }
            let expected = [Noted(1, "1"), Noted(1, "2"), Noted(1, "3"), Noted(2, "1"), Noted(3, "1")]
            try expect("attempts", attempts.all.sorted(), is: expected)
            try await stage.noDeadLetters(of: "third-time")
        },
        EventBusCheck("the failures of one subscription are no other's") { stage in
            let (failing, other) = (Record<Int>(stage), Record<Int>(stage))
            let bad = try stage.bus.subscribe(Noted.self, as: "bad", retry: .immediate(1)) { event, _ in
                failing.add(event.number)
                throw Refusal()
            }
            let good = try stage.bus.subscribe(Noted.self, as: "good") { event, _ in other.add(event.number) }
            try await stage.start(bad, good)
            for number in 0..<5 { try await stage.bus.publish(Noted(number)) }
            _ = try await stage.deadLetters(of: "bad", count: 5)
            try await other.become(Array(0..<5), "events of the good one, once each")
            try await failing.become(inAnyOrder: [0, 0, 1, 1, 2, 2, 3, 3, 4, 4], "attempts of the bad one")
            try await stage.noDeadLetters(of: "good")
        },
        EventBusCheck("an error that will not pass makes a dead letter at once; others are retried by the policy") {
            stage in
            let attempts = Record<Noted>(stage)
            let policy = RetryPolicy.immediate(2).neverRetrying(Hopeless.self)
            let handle = try stage.bus.subscribe(Noted.self, as: "picky", retry: policy) { event, context in
                attempts.add(Noted(event.number, "\(context.attempt)"))
                switch event.number {
                case 1: throw Hopeless()
                case 2: throw PermanentFailure("no customer 7")
                case 3: throw PermanentFailure(Refusal("no order 8"))
                default: throw Refusal("not yet")
                }
            }
            try await stage.start(handle)
            for number in 1...4 { try await stage.bus.publish(Noted(number)) }
            let failures = try await stage.deadLetters(of: "picky", count: 4).map(\.failure)
            let expected = [Noted(1, "1"), Noted(2, "1"), Noted(3, "1"), Noted(4, "1"), Noted(4, "2"), Noted(4, "3")]
            try expect("attempts", attempts.all.sorted(), is: expected)
            try expect("attempts in the dead letters", failures.map(\.attempts).sorted(), is: [1, 1, 1, 3])
            let types = ["Hopeless", "PermanentFailure", "Refusal", "Refusal"]
            try expect("errorType", failures.map(\.errorType).sorted(), is: types)
            let errors = ["Hopeless()", "no customer 7", "no order 8", "not yet"]
            try expect("error", failures.map(\.error).sorted(), is: errors)
        },
        EventBusCheck("an error of any length is reported") { stage in
            let handle = try stage.bus.subscribe(Noted.self, as: "verbose") { _, _ in
                throw Refusal("begin " + String(repeating: "ä", count: 200_000))
            }
            try await stage.start(handle)
            try await stage.bus.publish(Noted(1))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "verbose").first)
            try expect(
                "the begin of the error",
                letter.failure.error.hasPrefix("begin ää"),
                seen: "\(letter.failure.error)"
            )
        },
    ]

    static let deciding: [EventBusCheck] = [
        EventBusCheck("a handler that decides may ack or drop") { stage in
            let seen = Record<Int>(stage)
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "decided",
                retry: .immediate(3),
                deciding: { event, _ in
                    seen.add(event.number)
                    return event.number == 1 ? .ack : .drop
                }
            )
            try await stage.start(handle)
            try await stage.publish(Noted(1), Noted(2))
            try await stage.eventually("both are dealt with") { stage.bus.statistics.handled == 2 }
            try await seen.become(inAnyOrder: [1, 2], "events, once each")
            try await stage.noDeadLetters(of: "decided")
        },
        EventBusCheck("a handler that decides on a dead letter is not asked again") { stage in
            let attempts = Record<Int>(stage)
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "decided",
                retry: .immediate(5),
                deciding: { _, context in
                    attempts.add(context.attempt)
                    return .deadLetter(reason: "no such order: 7")
                }
            )
            try await stage.start(handle)
            try await stage.bus.publish(Noted(7))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "decided").first)
            try expect("error", letter.failure.error, is: "no such order: 7")
            try expect("errorType", letter.failure.errorType, is: "rejected")
            try expect("attempts", attempts.all, is: [1])
        },
        EventBusCheck("a handler that wants another attempt gets it, as long as there are any") { stage in
            let clock = SystemClock()
            let attempts = Record<(attempt: Int, time: MonotonicTime)>(stage)
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "decided",
                retry: .immediate(2),
                deciding: { _, context in
                    attempts.add((context.attempt, clock.now))
                    return .retry(after: .milliseconds(50))
                }
            )
            try await stage.start(handle)
            try await stage.bus.publish(Noted(7))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "decided").first)
            try expect("attempts", attempts.all.map(\.attempt), is: [1, 2, 3])
            try expect("attempts in the dead letter", letter.failure.attempts, is: 3)
            for (one, next) in zip(attempts.all, attempts.all.dropFirst()) {
                let wait = one.time.duration(until: next.time)
                try expect("a wait of 50 ms or more", wait >= .milliseconds(50), seen: "\(wait)")
            }
        },
        EventBusCheck("an event that is released comes again, and no attempt is counted") { stage in
            let attempts = Record<Int>(stage)
            let handle = try stage.bus.subscribe(
                Noted.self,
                as: "decided",
                deciding: { _, context in
                    attempts.add(context.attempt)
                    return attempts.count < 4 ? .release : .ack
                }
            )
            try await stage.start(handle)
            try await stage.bus.publish(Noted(7))
            try await stage.eventually("it is handled at last") { stage.bus.statistics.handled == 1 }
            try expect("attempts", attempts.all, is: [1, 1, 1, 1])
            try expect("released", stage.bus.statistics.released, is: 3)
            try expect("failed", stage.bus.statistics.failed, is: 0)
            try await stage.noDeadLetters(of: "decided")
        },
        EventBusCheck("handlers that release again and again hold up nobody else") { stage in
            let seen = Record<Int>(stage)
            var handles: [EventSubscription] = []
            // More of them than there are processors.
            for number in 0..<16 {
                handles.append(
                    try stage.bus.subscribe(Noted.self, as: "unwilling-\(number)", deciding: { _, _ in .release })
                )
            }
            handles.append(try stage.bus.subscribe(Answered.self, as: "willing") { event, _ in seen.add(event.number) })
            try await stage.start()
            try await stage.ready(handles)
            let bus = stage.bus
            let publish = Task { try await bus.publish(Noted(1)) }
            defer { publish.cancel() }
            for number in 0..<10 { try await bus.publish(Answered(number: number)) }
            try await seen.become(Array(0..<10), "events of the willing one")
        },
    ]

    static let undecodable: [EventBusCheck] = [
        EventBusCheck("data that are no such type are a dead letter at once, which says where they are wrong") {
            stage in
            let seen = Record<Int>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "typed", retry: .immediate(5)) { event, _ in
                seen.add(event.number)
            }
            try await stage.start(handle)
            try await stage.bus.publish(try EventEnvelope(Noted.type, #"{"number":"seven","text":""}"#))
            try await stage.bus.publish(try EventEnvelope(Noted.type, #"{"text":""}"#))
            try await stage.bus.publish(try EventEnvelope(Noted.type, "[1]"))
            try await stage.bus.publish(Noted(8))
            let letters = try await stage.deadLetters(of: "typed", count: 3)
            for (letter, place) in zip(letters, ["'number'", "'number' is missing", "Suite.Noted"]) {
                try expect("\(place) in '\(letter.failure.error)'", letter.failure.error.contains(place), seen: "no")
                try expect("errorType", letter.failure.errorType, is: "undecodable")
                try expect("at most one attempt", letter.failure.attempts <= 1, seen: "\(letter.failure.attempts)")
            }
            try await seen.become([8], "events that can be read")
        },
        EventBusCheck("data that are not JSON are a dead letter of a subscription that wants a type") { stage in
            let handle = try stage.bus.subscribe(Noted.self, as: "typed", retry: .immediate(5)) { _, _ in }
            try await stage.start(handle)
            let envelope = EventEnvelope(
                type: try EventType(Noted.type),
                source: "s",
                payload: EventPayload(bytes: [0xFF])
            )
            try await stage.bus.publish(envelope)
            let letter = try require("a dead letter", try await stage.deadLetters(of: "typed").first)
            try expect("errorType", letter.failure.errorType, is: "undecodable")
            try expect("bytes", letter.event.payload.bytes, is: [0xFF])
        },
        EventBusCheck("a handler that reads the data itself may find them undecodable as well") { stage in
            let attempts = Record<Int>(stage)
            let handle = try stage.bus.subscribe(to: ["#"], as: "reading", retry: .immediate(5)) { _, context in
                attempts.add(context.attempt)
                _ = try context.occurrence.decode(as: Noted.self)
            }
            try await stage.start(handle)
            try await stage.bus.publish(try EventEnvelope(Noted.type, "{}"))
            let letter = try require("a dead letter", try await stage.deadLetters(of: "reading").first)
            try expect("errorType", letter.failure.errorType, is: "undecodable")
            try expect("attempts", attempts.all, is: [1])
        },
        EventBusCheck("another version than the known one is read if it can be, else a dead letter says both") {
            stage in
            let seen = Record<Int>(stage)
            let handle = try stage.bus.subscribe(Noted.self, as: "typed") { event, _ in seen.add(event.number) }
            try await stage.start(handle)
            let later = #"{"number":1,"text":"","color":"red"}"#
            try await stage.bus.publish(try EventEnvelope(Noted.type, later, version: "9"))
            try await stage.bus.publish(try EventEnvelope(Noted.type, #"{"nummer":2}"#, version: "9"))
            let error = try require("a dead letter", try await stage.deadLetters(of: "typed").first).failure.error
            try expect("version 9 and 1 in '\(error)'", error.contains("version 9") && error.contains("1"), seen: "no")
            try await seen.become([1], "events that can be read")
        },
    ]
}
