internal import FoundationEssentials
internal import Warren

extension EventBusConformance {
    static let envelopes: [EventBusCheck] = [
        EventBusCheck("what belongs to an event travels with it") { stage in
            let seen = Record<EventEnvelope>(stage)
            try await stage.start(try stage.elsewhere.observe("#") { envelope, _ in seen.add(envelope) })
            let before = EventTimestamp.now().milliseconds
            try await stage.bus.publish(
                Noted(7, "sieben"),
                correlationID: "all-of-it",
                causationID: "because",
                subject: "device/7",
                metadata: ["traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "größe": "1 µm ✓"]
            )
            let after = EventTimestamp.now().milliseconds
            let envelope = try require("an event", try await seen.reach(1, "event").first)
            try expect("event_type", envelope.eventType, is: "Suite.Noted")
            try expect("version", envelope.version, is: "1")
            try expect("source", envelope.source, is: stage.bus.service)
            try expect("correlation_id", envelope.correlationID, is: "all-of-it")
            try expect("causation_id", envelope.causationID, is: "because")
            try expect("subject", envelope.subject, is: "device/7")
            try expect("metadata", envelope.metadata?["größe"], is: "1 µm ✓")
            try expect("metadata's count", envelope.metadata?.count, is: 2)
            let time = try require("a timestamp", envelope.timestamp).milliseconds
            // The clock that is read may stand some milliseconds behind.
            try expect("a timestamp of now", (before - 100...after + 100).contains(time), seen: "\(time - before) ms")
            let data = try JSONDecoder().decode(Noted.self, from: Data(envelope.payload.bytes))
            try expect("data", data, is: Noted(7, "sieben"))
        },
        EventBusCheck("an event without a cause begins something: its correlation id is its own id") { stage in
            let seen = Record<EventEnvelope>(stage)
            try await stage.start(try stage.elsewhere.observe("#") { envelope, _ in seen.add(envelope) })
            try await stage.bus.publish(Noted(1))
            let envelope = try require("an event", try await seen.reach(1, "event").first)
            try expect("an event id", !envelope.eventID.isEmpty, seen: "none")
            try expect("correlation_id", envelope.correlationID, is: envelope.eventID)
            try expect("causation_id", envelope.causationID, is: nil)
            try expect("subject", envelope.subject, is: nil)
        },
        EventBusCheck("all handlers see one event under one id") { stage in
            let seen = Record<String>(stage)
            let observer = try stage.bus.observe(Noted.self) { _, context in seen.add(context.eventID) }
            let abroad = try stage.elsewhere.observe("#") { envelope, context in
                seen.add(envelope.eventID)
                seen.add(context.eventID)
            }
            let subscription = try stage.bus.subscribe(Noted.self, as: "ids") { _, context in
                seen.add(context.eventID)
                seen.add(try context.envelope.eventID)
            }
            try await stage.start(observer, abroad, subscription)
            try await stage.bus.publish(Noted(1))
            let ids = try await seen.reach(5, "ids")
            try expect("one id", Set(ids).count, is: 1)
        },
        EventBusCheck("an event that answers another says so") { stage in
            let answers = Record<EventEnvelope>(stage)
            let causes = Record<String>(stage)
            let bus = stage.bus
            let observer = try stage.elsewhere.observe(Answered.type) { envelope, _ in answers.add(envelope) }
            let subscription = try bus.subscribe(Noted.self, as: "answering") { event, context in
                causes.add(context.eventID)
                try await bus.publish(Answered(number: event.number), causedBy: context)
            }
            try await stage.start(observer, subscription)
            try await bus.publish(Noted(7), correlationID: "whole")
            let answer = try require("an answer", try await answers.reach(1, "answer").first)
            try expect("causation_id", answer.causationID, is: causes.all.first)
            try expect("correlation_id", answer.correlationID, is: "whole")
        },
        EventBusCheck("an envelope is carried as it is, to the byte") { stage in
            let seen = Record<EventEnvelope>(stage)
            try await stage.start(try stage.elsewhere.observe("#") { envelope, _ in seen.add(envelope) })
            let json = """
                {"event_id":"foreign 1","event_type":"Order.Paid","version":"3",\
                "timestamp":"2026-01-31T23:59:59.5+01:00","source":"elsewhere","correlation_id":"c",\
                "data": {"amount": 1.50, "big":123456789012345678901234567890, "text":"\\u00fc\\n", "n":null},\
                "tenant":{"id":[1 , 2]},"schema":"x"}
                """
            let envelope = try EventEnvelope(completing: Array(json.utf8), source: "unused")
            try await stage.bus.publish(envelope)
            let carried = try require("an event", try await seen.reach(1, "event").first)
            let (text, original) = (String(decoding: carried.json(), as: UTF8.self), envelope.json())
            try expect("JSON", text, is: String(decoding: original, as: UTF8.self))
            try expect("the envelope", carried == envelope, seen: "another one with the same JSON")
        },
        EventBusCheck("data that are not JSON are carried, with what they are") { stage in
            let seen = Record<EventEnvelope>(stage)
            try await stage.start(try stage.elsewhere.observe("#") { envelope, _ in seen.add(envelope) })
            let bytes = (0...255).map { UInt8($0) }
            try await stage.bus.publish(
                EventEnvelope(
                    type: try EventType("picture.taken"),
                    source: "camera",
                    payload: EventPayload(bytes: bytes, contentType: "image/png")
                )
            )
            let carried = try require("an event", try await seen.reach(1, "event").first)
            try expect("bytes", carried.payload.bytes, is: bytes)
            try expect("content_type", carried.payload.contentType, is: "image/png")
            try expect("bytes, not JSON", !carried.payload.isJSON, seen: "JSON")
        },
        EventBusCheck("a megabyte in any script arrives") { stage in
            let seen = Record<Noted>(stage)
            let piece = "Grüße, 你好, שלום, 👩🏽‍🚀, \u{0}\u{1F}\"\\/\u{2028}\u{FEFF} — "
            let text = String(repeating: piece, count: 1_048_576 / piece.utf8.count + 1)
            try await stage.start(
                try stage.elsewhere.subscribe(Noted.self, as: "large") { event, _ in seen.add(event) }
            )
            try await stage.bus.publish(Noted(1, text))
            let event = try require("an event", try await seen.reach(1, "large event").first)
            try expect(
                "the same text",
                event.text.utf8.elementsEqual(text.utf8),
                seen: "\(event.text.utf8.count) bytes"
            )
        },
        EventBusCheck("the version at the end of a type is the version, and not part of the type") { stage in
            let envelopes = Record<EventEnvelope>(stage)
            let values = Record<Int>(stage)
            let observer = try stage.elsewhere.observe("Suite.Noted") { envelope, _ in envelopes.add(envelope) }
            let subscription = try stage.elsewhere.subscribe(NotedAgain.self, as: "versions") { event, _ in
                values.add(event.number)
            }
            try await stage.start(observer, subscription)
            try await stage.bus.publish(NotedAgain(number: 2))
            let envelope = try require("an event", try await envelopes.reach(1, "event").first)
            try expect("event_type", envelope.eventType, is: "Suite.Noted")
            try expect("version", envelope.version, is: "2")
            try await values.become([2], "values")
        },
        EventBusCheck("typed values and envelopes are the same events") { stage in
            let (values, numbers) = (Record<Int>(stage), Record<String>(stage))
            let typed = try stage.elsewhere.subscribe(Noted.self, as: "typed") { event, _ in values.add(event.number) }
            let raw = try stage.elsewhere.subscribe(to: ["Suite.#"], as: "raw") { envelope, _ in
                numbers.add(String(decoding: envelope.payload.bytes, as: UTF8.self))
            }
            try await stage.start(typed, raw)
            try await stage.bus.publish(try EventEnvelope(Noted.type, #"{"number": 1,"text":""}"#))
            try await values.become([1], "values read from an envelope")
            try await numbers.become([#"{"number": 1,"text":""}"#], "data of the envelope")
            try await stage.bus.publish(Noted(2, "x"))
            try await values.become([1, 2], "values")
            let data = try await numbers.reach(2, "data").last ?? ""
            try expect("data", try JSONDecoder().decode(Noted.self, from: Data(data.utf8)), is: Noted(2, "x"))
        },
    ]
}
