import Foundation
import Testing
import Warren
import WarrenTesting

@Suite("Timestamps")
struct EventTimestampTests {
    @Test(
        "are written in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (1_767_225_599_999, "2025-12-31T23:59:59.999Z"),
            (Int64.min, "0000-01-01T00:00:00.000Z"), (Int64.max, "9999-12-31T23:59:59.999Z"),
        ]
    )
    func format(milliseconds: Int64, text: String) {
        #expect(EventTimestamp(milliseconds: milliseconds).text == text)
    }

    @Test("come back from their own text, and agree with Foundation")
    func roundTrip() {
        var random = SeededGenerator(seed: 0x71AE)
        let foundation = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<5_000 {
            // Foundation's calendar is not the Gregorian one before 1582.
            let milliseconds = Int64.random(in: -12_000_000_000_000...253_402_300_799_999, using: &random)
            let timestamp = EventTimestamp(milliseconds: milliseconds)
            #expect(EventTimestamp(timestamp.text) == timestamp)
            let date = Date(timeIntervalSince1970: Double(milliseconds / 1000))
            #expect(
                foundation.format(date).prefix(19)
                    == EventTimestamp(milliseconds: milliseconds / 1000 * 1000).text.prefix(19)
            )
        }
    }

    @Test("every day of the first 801 years follows the one before, and is read as it is written")
    func days() {
        var previous = ""
        for day in -719_528..<(-719_528 + 2 * 146_097 + 366) {
            let timestamp = EventTimestamp(milliseconds: Int64(day) * 86_400_000)
            if EventTimestamp(timestamp.text) != timestamp || previous >= timestamp.text {
                Issue.record("day \(day) is \(timestamp), and follows \(previous)")
            }
            previous = timestamp.text
        }
        #expect(previous == "0800-12-31T00:00:00.000Z")
    }

    @Test(
        "are read as people write them, and keep their text",
        arguments: [
            ("2026-01-31T23:59:59.123Z", 1_769_903_999_123), ("2026-01-31T23:59:59Z", 1_769_903_999_000),
            ("2026-01-31t23:59:59z", 1_769_903_999_000), ("2026-01-31 23:59:59", 1_769_903_999_000),
            ("2026-02-01T01:29:59.1+01:30", 1_769_903_999_100),
            ("2026-01-31T18:59:59,123456789-0500", 1_769_903_999_123),
            ("2026-02-01T01:59:59+02", 1_769_903_999_000), ("2026-01-31T23:59Z", 1_769_903_940_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000), ("1969-12-31T23:59:59.999Z", -1),
        ]
    )
    func lenient(text: String, milliseconds: Int64) throws {
        let timestamp = try #require(EventTimestamp(text))
        #expect(timestamp.milliseconds == milliseconds)
        #expect(timestamp.text == text)
    }

    @Test(
        "are not guessed",
        arguments: [
            "", "now", "2026-01-31", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-31T24:00:00Z",
            "2026-01-31T23:60:00Z",
            "2026-01-31T23:59:61Z", "2026-01-31T23:59:59.Z", "2026-01-31T23:59:59Zx", "26-01-31T23:59:59Z",
            "2026-1-31T23:59:59Z",
            "1769903999", "2026-01-31T23:59:59+2", "2026-01-31T23:59:59+24:00", "9999-12-31T23:59:59-00:01",
            "0000-01-01T00:00:00+00:01",
        ]
    )
    func refused(text: String) {
        #expect(EventTimestamp(text) == nil)
    }
}
