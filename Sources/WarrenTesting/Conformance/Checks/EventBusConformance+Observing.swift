internal import Warren

extension EventBusConformance {
    static let observing: [EventBusCheck] = [
        EventBusCheck("an observer sees what is published, once and in order") { stage in
            let seen = Record<Int>(stage)
            try await stage.start(try stage.bus.observe(Noted.self) { event, _ in seen.add(event.number) })
            for number in 0..<300 { try await stage.bus.publish(Noted(number)) }
            try await seen.become(Array(0..<300), "events observed in order")
        },
        EventBusCheck("an observer elsewhere sees what is published, once and in order") { stage in
            let seen = Record<Int>(stage)
            try await stage.start(try stage.elsewhere.observe(Noted.self) { event, _ in seen.add(event.number) })
            for number in 0..<300 { try await stage.bus.publish(Noted(number)) }
            try await seen.become(Array(0..<300), "events observed in order")
        },
        EventBusCheck("patterns decide what an observer sees") { stage in
            // All of them match the last one: whoever has seen it has seen all.
            let types = ["device.offline", "device.online.again", "user.online", "device", "device.online"]
            let expected: [(pattern: String, types: [String])] = [
                ("#", types),
                ("device.*", ["device.offline", "device.online"]),
                ("device.#", ["device.offline", "device.online.again", "device", "device.online"]),
                ("*.online", ["user.online", "device.online"]),
                ("#.online.#", ["device.online.again", "user.online", "device.online"]),
                ("device.online", ["device.online"]),
                ("*.*", ["device.offline", "user.online", "device.online"]),
            ]
            let seen = expected.map { _ in Record<String>(stage) }
            var handles: [EventSubscription] = []
            for (index, (pattern, _)) in expected.enumerated() {
                handles.append(
                    try stage.bus.observe(pattern) { envelope, _ in seen[index].add(envelope.eventType) }
                )
            }
            try await stage.start()
            try await stage.ready(handles)
            for type in types { try await stage.bus.publish(try EventEnvelope(type, "{}")) }
            for (index, (pattern, types)) in expected.enumerated() {
                try await seen[index].become(types, "types that '\(pattern)' matches")
            }
        },
        EventBusCheck("every observer sees everything") { stage in
            let seen = (0..<6).map { _ in Record<Int>(stage) }
            var handles: [EventSubscription] = []
            for (index, record) in seen.enumerated() {
                let bus = index < 3 ? stage.bus : stage.elsewhere
                handles.append(try bus.observe(Noted.self) { event, _ in record.add(event.number) })
            }
            try await stage.start()
            try await stage.ready(handles)
            for number in 0..<20 { try await stage.bus.publish(Noted(number)) }
            for record in seen { try await record.become(Array(0..<20), "events, for each observer") }
        },
        EventBusCheck("an observer that throws harms nobody, not even itself") { stage in
            let (failing, other) = (Record<Int>(stage), Record<Int>(stage))
            let first = try stage.bus.observe(Noted.self) { event, _ in
                failing.add(event.number)
                throw Refusal()
            }
            let second = try stage.bus.observe("#") { envelope, context in
                other.add(try context.occurrence.decode(as: Noted.self).number)
            }
            try await stage.start(first, second)
            for number in 0..<10 { try await stage.bus.publish(Noted(number)) }
            try await failing.become(Array(0..<10), "events for an observer that throws")
            try await other.become(Array(0..<10), "events for the observer beside it")
        },
        EventBusCheck("an observer of a type is not shown what is no such type") { stage in
            let seen = Record<Int>(stage)
            try await stage.start(try stage.bus.observe(Noted.self) { event, _ in seen.add(event.number) })
            try await stage.bus.publish(try EventEnvelope(Noted.type, #"{"number":"one"}"#))
            try await stage.bus.publish(Noted(2))
            try await seen.become([2], "events that can be read")
        },
        EventBusCheck("an observer comes while the bus runs, and sees nothing more once it is cancelled") { stage in
            let (leaving, staying) = (Record<Int>(stage), Record<Int>(stage))
            try await stage.start(try stage.bus.observe(Noted.self) { event, _ in staying.add(event.number) })
            try await stage.bus.publish(Noted(1))
            try await staying.become([1], "events before another observer came")
            let handle = try stage.bus.observe(Noted.self) { event, _ in leaving.add(event.number) }
            try await stage.ready(handle)
            try await stage.bus.publish(Noted(2))
            try await leaving.become([2], "events since the observer came")
            handle.cancel()
            handle.cancel()
            try await stage.bus.publish(Noted(3))
            try await staying.become([1, 2, 3], "events for the observer that stays")
            try expect("nothing after the cancellation", leaving.all, is: [2])
        },
        EventBusCheck("an observer can be added from an observer") { stage in
            let seen = Record<Int>(stage)
            let handles = Record<EventSubscription>(stage)
            let bus = stage.bus
            let first = try bus.observe(Answered.self) { _, _ in
                handles.add(try bus.observe(Noted.self) { event, _ in seen.add(event.number) })
            }
            try await stage.start(first)
            try await bus.publish(Answered(number: 1))
            try await stage.ready(try await handles.reach(1, "observers added"))
            try await bus.publish(Noted(7))
            try await seen.become([7], "events for the new observer")
        },
    ]
}
