internal import Warren

extension EventBusConformance {
    static let publishing: [EventBusCheck] = [
        EventBusCheck("a type that may not be published is refused, with its name") { stage in
            try await stage.start()
            let bus = stage.bus
            let error = try await expectThrow("invalidEvent", EventBusError.self) { try await bus.publish(Misnamed()) }
            try expect("code", error.code, is: .invalidEvent)
            try expect("the type in '\(error)'", error.message.contains("Suite..Misnamed"), seen: "not there")
            for type in ["", "two words", "Alone", "a..b", "Order.Paid.v2", String(repeating: "x", count: 256)] {
                var envelope = try EventEnvelope("fine", "{}")
                envelope.eventType = type
                let refused = envelope
                try await expectThrow(
                    "invalidEvent for '\(type)'",
                    EventBusError.self,
                    where: { $0.code == .invalidEvent }
                ) {
                    try await bus.publish(refused)
                }
            }
            try expect("published", stage.bus.statistics.published, is: 0)
        },
        EventBusCheck("a field that does not fit a property is refused, with its name") { stage in
            try await stage.start()
            let bus = stage.bus
            let long = String(repeating: "é", count: 128)
            let error = try await expectThrow("invalidEvent", EventBusError.self, where: { $0.code == .invalidEvent }) {
                try await bus.publish(Noted(1), correlationID: long)
            }
            try expect(
                "the field and both lengths",
                error.message.contains("correlation_id has 256 bytes"),
                seen: "\(error)"
            )
            var envelope = try EventEnvelope("fine", "{}")
            envelope.eventID = long
            let refused = envelope
            try await expectThrow("invalidEvent", EventBusError.self, where: { $0.message.contains("event_id") }) {
                try await bus.publish(refused)
            }
            try await expectThrow("invalidEvent", EventBusError.self, where: { $0.message.contains("event_id") }) {
                _ = try await bus.send(Occurrence(refused))
            }
            try expect("published", stage.bus.statistics.published, is: 0)
        },
        EventBusCheck("a value that is no JSON is refused, or handed over as it is; what follows is not disturbed") {
            stage in
            let (values, numbers) = (Record<Double>(stage), Record<Double>(stage))
            let observer = try stage.bus.observe(Measured.self) { event, _ in values.add(event.amount) }
            let subscription = try stage.elsewhere.subscribe(Measured.self, as: "measures") { event, _ in
                numbers.add(event.amount)
            }
            try await stage.start(observer, subscription)
            do {
                try await stage.bus.publish(Measured(amount: .nan))
                let value = try await values.reach(1, "values").first
                try expect("the value itself", value?.isNaN == true, seen: "\(value.debugDescription)")
                try await numbers.reach(1, "values of a subscription")
            } catch let error as EventBusError {
                try expect("code", error.code, is: .invalidEvent)
                let text = error.message
                try expect(
                    "type and member in '\(text)'",
                    text.contains("Suite.Measured") && text.contains("amount"),
                    seen: "no"
                )
            }
            try await stage.bus.publish(Measured(amount: 1.5))
            try await stage.eventually("the next value is observed") { values.all.last == 1.5 }
            try await stage.eventually("the next value is handled") { numbers.all.last == 1.5 }
        },
        EventBusCheck("a receipt says how far an event came") { stage in
            try await stage.start(try stage.bus.subscribe(Noted.self, as: "receipts") { _, _ in })
            let (taken, untaken) = (
                try await stage.bus.publish(Noted(1)), try await stage.bus.publish(Answered(number: 1))
            )
            guard stage.fixture.second != nil else {
                try expect("receipt", taken, is: .local)
                return try expect("receipt", untaken, is: .local)
            }
            try expect("receipt", taken, is: .confirmed(routed: true))
            try expect("receipt of what nobody wants", untaken, is: .confirmed(routed: false))
            try expect("unrouted", stage.bus.statistics.unrouted, is: 1)
        },
        EventBusCheck("a handler may publish, also to itself") { stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            try await stage.start(
                try bus.subscribe(Noted.self, as: "counting-down") { event, context in
                    seen.add(event.number)
                    if event.number > 0 { try await bus.publish(Noted(event.number - 1), causedBy: context) }
                }
            )
            try await bus.publish(Noted(20))
            try await seen.become((0...20).reversed(), "events, each published by the handler of the one before")
            try await stage.noDeadLetters(of: "counting-down")
        },
        EventBusCheck("handlers may publish to each other") { stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            let ping = try bus.subscribe(Noted.self, as: "ping") { event, context in
                seen.add(event.number)
                if event.number < 20 { try await bus.publish(Answered(number: event.number + 1), causedBy: context) }
            }
            let pong = try bus.subscribe(Answered.self, as: "pong") { event, context in
                seen.add(event.number)
                if event.number < 20 { try await bus.publish(Noted(event.number + 1), causedBy: context) }
            }
            try await stage.start(ping, pong)
            try await bus.publish(Noted(0))
            try await seen.become(Array(0...20), "events, to and fro")
        },
        EventBusCheck("a handler may publish when it is the only one allowed to run", limits: .init(maxHandlers: 1)) {
            stage in
            let seen = Record<Int>(stage)
            let bus = stage.bus
            let first = try bus.subscribe(Noted.self, as: "first") { event, context in
                try await bus.publish(Answered(number: event.number), causedBy: context)
            }
            let second = try bus.subscribe(Answered.self, as: "second") { event, _ in seen.add(event.number) }
            try await stage.start(first, second)
            for number in 0..<5 { try await bus.publish(Noted(number)) }
            try await seen.become(Array(0..<5), "events that followed")
        },
        EventBusCheck("a publish begun before run() ends when the bus runs") { stage in
            let bus = stage.bus
            stage.inBackground { try await bus.publish(Noted(1)) }
            try await stage.start()
            try await stage.finishBackgroundWork()
        },
        EventBusCheck("many publish at once; each one's events keep their order") { stage in
            let (publishers, each) = (8, 100)
            let seen = Record<Noted>(stage)
            try await stage.start(
                try stage.elsewhere.subscribe(Noted.self, as: "ordered") { event, _ in seen.add(event) }
            )
            let bus = stage.bus
            for publisher in 0..<publishers {
                stage.inBackground {
                    for number in 0..<each { try await bus.publish(Noted(number, "\(publisher)")) }
                }
            }
            let all = try await seen.reach(publishers * each, "events")
            try expect("events in all", all.count, is: publishers * each)
            for publisher in 0..<publishers {
                let numbers = all.filter { $0.text == "\(publisher)" }.map(\.number)
                try expect("order of one publisher", numbers, is: Array(0..<each))
            }
        },
        EventBusCheck("events that are sent are awaited apart") { stage in
            let seen = Record<Int>(stage)
            let handle = try stage.elsewhere.subscribe(to: ["counted"], as: "sent") { envelope, _ in
                seen.add(Int(String(decoding: envelope.payload.bytes, as: UTF8.self)) ?? -1)
            }
            try await stage.start(handle)
            var pending: [PendingReceipt] = []
            for number in 0..<100 {
                pending.append(try await stage.bus.send(try EventEnvelope("counted", "\(number)")))
            }
            for receipt in pending {
                let reach = try await receipt.receipt
                try expect("the same receipt when asked again", try await receipt.receipt, is: reach)
            }
            try await seen.become(Array(0..<100), "events in the order of their sending")
        },
    ]
}
