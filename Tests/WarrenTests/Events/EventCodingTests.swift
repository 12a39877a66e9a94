import Foundation
import Testing

@testable import Warren

private struct Everything: Event, Equatable {
    static let type = "Test.Everything"

    struct Line: Codable, Equatable {
        var amount: Double
    }

    enum Color: String, Codable { case red, green }

    var date: Date
    var bytes: Data
    var big: UInt64
    var decimal: Decimal
    var maybe: String?
    var lines: [Line]
    var color: Color
    var url: URL
    var map: [String: Int]
}

private struct Ping: Event, Equatable {
    static let type = "Test.Ping"
}

private struct Bare: Event, Equatable {
    static let type = "Test.Bare"

    var value: Int

    init(_ value: Int) { self.value = value }

    init(from decoder: any Decoder) throws { value = try decoder.singleValueContainer().decode(Int.self) }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }
}

private enum Choice: String, Event {
    static let type = "Test.Choice"

    case yes, no
}

@Suite("Events as JSON")
struct EventCodingTests {
    private func json(_ event: some Event) throws -> String {
        String(decoding: try EventCoding.encode(event, type: type(of: event).type).bytes, as: UTF8.self)
    }

    private func read<E: Event>(_ json: String, as type: E.Type = E.self) throws(EventError) -> E {
        try EventCoding.decode(
            EventEnvelope(
                eventID: "1",
                eventType: E.type,
                version: nil,
                payload: try EventPayload(json: Array(json.utf8))
            )
        )
    }

    private let everything = Everything(
        date: Date(timeIntervalSince1970: 1_769_903_999.123),
        bytes: Data([0, 255, 62]),
        big: .max,
        decimal: Decimal(string: "0.1") ?? 0,
        lines: [.init(amount: 1.5), .init(amount: -2)],
        color: .green,
        url: URL(fileURLWithPath: "/a b"),
        map: ["ä": 1]
    )

    @Test("come back as they were, dates as RFC 3339 and bytes as base64")
    func roundTrip() throws {
        let json = try json(everything)
        #expect(json.contains(#""date":"2026-01-31T23:59:59.123Z""#))
        #expect(json.contains(#""bytes":"AP8+""#))
        #expect(json.contains(#""big":18446744073709551615"#))
        #expect(try read(json) == everything)
    }

    @Test("may have no members, be a single value, or a choice")
    func shapes() throws {
        #expect(try json(Ping()) == "{}")
        #expect(try read("{}") == Ping())
        #expect(try json(Bare(7)) == "7")
        #expect(try read("7") == Bare(7))
        #expect(try json(Choice.no) == #""no""#)
        #expect(try read(#""yes""#) == Choice.yes)
    }

    @Test(
        "take dates with any offset, and to the millisecond",
        arguments: [
            ("2026-01-31T23:59:59.123Z", 1_769_903_999.123), ("2026-02-01T00:59:59.123+01:00", 1_769_903_999.123),
            ("1969-12-31T23:59:59.999Z", -0.001), ("9999-12-31T23:59:59.999Z", 253_402_300_799.999),
        ]
    )
    func dates(text: String, seconds: Double) throws {
        struct Dated: Event {
            static let type = "Test.Dated"
            var at: Date
        }
        let dated: Dated = try read(#"{"at":"\#(text)"}"#)
        #expect(abs(dated.at.timeIntervalSince1970 - seconds) < 0.0005)
        let written = try json(dated)
        #expect(abs(try read(written, as: Dated.self).at.timeIntervalSince1970 - seconds) < 0.0005)
    }

    @Test("that cannot be written say where", arguments: [Double.nan, .infinity, -.infinity])
    func unencodable(value: Double) {
        var event = everything
        event.lines[1].amount = value
        let error = #expect(throws: EventError.self) { try EventCoding.encode(event, type: "Test.Everything") }
        #expect(error?.code == .unencodable)
        let start = "the event 'Test.Everything' cannot be written as JSON: 'lines.1.amount': "
        #expect(error?.message.hasPrefix(start) == true, "\(error?.message ?? "")")
        var dated = everything
        dated.date = Date(timeIntervalSince1970: value)
        let dateError = #expect(throws: EventError.self) { try EventCoding.encode(dated, type: "Test.Everything") }
        #expect(dateError?.message.contains("'date': no such date") == true, "\(dateError?.message ?? "")")
    }

    @Test(
        "that cannot be read say where, and what is known of their version",
        arguments: [
            (#""lines":[{"amount":"much"}]"#, "'lines.0.amount': "),
            (#""date":"yesterday""#, "'date': not an RFC 3339 time"),
            (#""date":7"#, "'date': "), (#""color":"blue""#, "'color': "), (#""bytes":"not base64!""#, "'bytes': "),
            (#""big":-1"#, "a number does not fit into its member"), (#""big":null"#, "'big'"),
        ]
    )
    func undecodable(member: String, place: String) throws {
        let key = String(member.dropFirst().prefix { $0 != "\"" })
        var members = try #require(
            try JSONSerialization.jsonObject(with: Data(try json(everything).utf8)) as? [String: Any]
        )
        members[key] = nil
        let rest = String(decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self).dropFirst()
        let error = #expect(throws: EventError.self) { try read("{\(member),\(rest)", as: Everything.self) }
        #expect(error?.code == .undecodable)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("the data of 'Test.Everything' is no Everything: \(place)"), "\(message)")
        let missing = #expect(throws: EventError.self) { try read("{\(rest)", as: Everything.self) }
        #expect(missing?.message.hasSuffix("'\(key)' is missing") == true, "\(missing?.message ?? "")")
    }

    @Test("are read and written by many tasks at once")
    func threads() async throws {
        let (event, json) = (everything, try json(everything))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<100 {
                        _ = try EventCoding.encode(event, type: "t")
                        #expect(try read(json) == event)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
