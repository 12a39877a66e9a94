internal import Warren

extension EventBusConformance {
    static let subscribing: [EventBusCheck] = [
        EventBusCheck("a subscription gets each event once and in order, one at a time") { stage in
            let seen = Record<Int>(stage)
            let gate = Gate()
            let handle = try stage.bus.subscribe(Noted.self, as: "ordered") { event, context in
                await gate.count {
                    seen.add(event.number)
                    await Task.yield()
                }
                if context.attempt != 1 || context.subscription != "ordered" { seen.add(-1) }
            }
            try await stage.start(handle)
            for number in 0..<300 { try await stage.bus.publish(Noted(number)) }
            try await seen.become(Array(0..<300), "events in order")
            try expect("handlers at a time", gate.most, is: 1)
        },
        EventBusCheck("a subscription elsewhere gets each event once and in order") { stage in
            let seen = Record<Int>(stage)
            let handle = try stage.elsewhere.subscribe(to: ["#"], as: "ordered") { _, context in
                seen.add(try context.occurrence.decode(as: Noted.self).number)
            }
            try await stage.start(handle)
            for number in 0..<300 { try await stage.bus.publish(Noted(number)) }
            try await seen.become(Array(0..<300), "events in order")
        },
        EventBusCheck("a subscription whose patterns match an event twice gets it once") { stage in
            let seen = Record<String>(stage)
            let handle = try stage.bus.subscribe(to: ["a.*", "#", "a.b"], as: "overlapping") { envelope, _ in
                seen.add(envelope.eventType)
            }
            try await stage.start(handle)
            for type in ["a.b", "a", "end"] { try await stage.bus.publish(try EventEnvelope(type, "1")) }
            try await seen.become(["a.b", "a", "end"], "types")
        },
        EventBusCheck("a subscription comes while the bus runs") { stage in
            try await stage.start()
            let seen = Record<Int>(stage)
            try await stage.bus.publish(Noted(1))
            let handle = try stage.bus.subscribe(Noted.self, as: "late") { event, _ in seen.add(event.number) }
            try await stage.ready(handle)
            for number in 2..<10 { try await stage.bus.publish(Noted(number)) }
            try await seen.become(Array(2..<10), "events since it came")
        },
        EventBusCheck("a subscription is ready again and again, and never once it is cancelled") { stage in
            let handle = try stage.bus.subscribe(Noted.self, as: "ready") { _, _ in }
            try expect("name", handle.name, is: "ready")
            try await stage.start(handle, handle)
            try await stage.ready(handle)
            handle.cancel()
            try await expectThrow("closed", EventBusError.self, where: { $0.code == .closed }) {
                try await handle.ready()
            }
        },
        EventBusCheck("what makes no sense as a subscription is refused") { stage in
            try await stage.start()
            let bus = stage.bus
            func refused(_ what: String, _ subscribe: () throws -> EventSubscription) async throws {
                let code = EventBusError.Code.invalidSubscription
                try await expectThrow("\(code) for \(what)", EventBusError.self, where: { $0.code == code }) {
                    _ = try subscribe()
                }
            }
            let long = String(repeating: "n", count: Subscriber.maximumNameLength + 1)
            for name in ["", "amq.mine", long, "zero\u{0}byte"] {
                try await refused("the name '\(name)'") { try bus.subscribe(Noted.self, as: name) { _, _ in } }
            }
            try await refused("no pattern") { try bus.subscribe(to: [], as: "x") { _, _ in } }
            let pattern = String(repeating: "p", count: TopicPattern.maximumLength + 1)
            try await refused("a long pattern") { try bus.subscribe(to: [pattern], as: "x") { _, _ in } }
            try await refused("a long pattern of an observer") { try bus.observe(pattern) { _, _ in } }
            try await refused("an observer of nothing") { try bus.add(Observer([]) { _ in }) }
            try await refused("a type that cannot be") { try bus.subscribe(Misnamed.self, as: "x") { _, _ in } }
            try await refused("an observed type that cannot be") { try bus.observe(Misnamed.self) { _, _ in } }
            for concurrency in [0, -1, .max] {
                try await refused("a concurrency of \(concurrency)") {
                    try bus.subscribe(Noted.self, as: "x", concurrency: concurrency) { _, _ in }
                }
            }
            for timeout in [Duration.zero, .seconds(-1)] {
                try await refused("a timeout of \(timeout)") {
                    try bus.subscribe(Noted.self, as: "x", timeout: timeout) { _, _ in }
                }
            }
            let policies: [RetryPolicy] = [
                .immediate(-1), .immediate(.max), .fixed(maxAttempts: 2, delay: .seconds(-1)),
                .fixed(maxAttempts: 2, delay: .seconds(Int64.max)), .exponential(maxAttempts: 0),
                .exponential(maxAttempts: 2, initial: .seconds(-1)),
                .exponential(maxAttempts: 2, multiplier: .nan), .exponential(maxAttempts: 2, multiplier: 0.5),
                .exponential(maxAttempts: 2, initial: .seconds(60), max: .seconds(30)),
            ]
            for policy in policies {
                try await refused("\(policy)") { try bus.subscribe(Noted.self, as: "x", retry: policy) { _, _ in } }
            }
            let subscriber = Subscriber("x", to: [try TopicPattern("#")], handler: .batch(upTo: 0) { _ in })
            try await refused("batches of none") { try bus.add(subscriber) }
            let handle = try bus.subscribe(Noted.self, as: "taken") { _, _ in }
            try await refused("a name taken for other events") { try bus.subscribe(to: ["#"], as: "taken") { _, _ in } }
            handle.cancel()
            _ = try bus.subscribe(to: ["#"], as: "taken") { _, _ in }
        },
    ]

    static let sharing: [EventBusCheck] = [
        EventBusCheck("those of one name share its events: each event goes to one of them") { stage in
            let (first, second) = (Record<Int>(stage), Record<Int>(stage))
            let one = try stage.bus.subscribe(Noted.self, as: "shared") { event, _ in first.add(event.number) }
            let other = try stage.elsewhere.subscribe(Noted.self, as: "shared") { event, _ in second.add(event.number) }
            try await stage.start(one, other)
            for number in 0..<400 { try await stage.bus.publish(Noted(number)) }
            try await stage.eventually("400 events handled", seen: { "\(first.count) + \(second.count)" }) {
                first.count + second.count >= 400
            }
            try expect("each event once", (first.all + second.all).sorted(), is: Array(0..<400))
        },
        EventBusCheck("those of one name work at the same time") { stage in
            let gate = Gate()
            let one = try stage.bus.subscribe(Noted.self, as: "shared") { _, _ in try await gate.pass() }
            let other = try stage.elsewhere.subscribe(Noted.self, as: "shared") { _, _ in try await gate.pass() }
            try await stage.start(one, other)
            try await stage.publish(Noted(1), Noted(2))
            try await stage.eventually("both are at work", seen: { "\(gate.present)" }) { gate.present == 2 }
            gate.open()
            try await stage.eventually("both have ended") { gate.present == 0 }
        },
        EventBusCheck("two names each get everything") { stage in
            let (first, second) = (Record<Int>(stage), Record<Int>(stage))
            let one = try stage.bus.subscribe(Noted.self, as: "one") { event, _ in first.add(event.number) }
            let two = try stage.elsewhere.subscribe(Noted.self, as: "two") { event, _ in second.add(event.number) }
            try await stage.start(one, two)
            for number in 0..<50 { try await stage.bus.publish(Noted(number)) }
            try await first.become(Array(0..<50), "events for one name")
            try await second.become(Array(0..<50), "events for the other")
        },
    ]
}
