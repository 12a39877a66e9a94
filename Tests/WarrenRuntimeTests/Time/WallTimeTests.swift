import Foundation
import Testing
import WarrenRuntime

@Suite("Wall time")
struct WallTimeTests {
    @Test(
        "It is written as RFC 3339 wants it",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (1_718_348_475_668, "2024-06-14T07:01:15.668Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (.max, "9999-12-31T23:59:59.999Z"),
            (.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)]
    )
    func rfc3339(milliseconds: Int64, expected: String) {
        #expect(WallTime(milliseconds: milliseconds).rfc3339 == expected)
    }

    @Test("Foundation reads back what was written, in every century from the third on")
    func roundTrip() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // A step of 11 days and a bit passes through all months, hours and leap years. Foundation is asked only where
        // its calendar is the Gregorian one.
        var milliseconds: Int64 = -12_219_292_800_000
        while milliseconds < 200_000_000_000_000 {
            let date = try style.parse(WallTime(milliseconds: milliseconds).rfc3339)
            let read = Int64((date.timeIntervalSince1970 * 1000).rounded())
            guard read == milliseconds else {
                Issue.record("\(milliseconds) was written \(WallTime(milliseconds: milliseconds).rfc3339)")
                return
            }
            milliseconds += 11 * 86_400_000 + 12_345_678 + 10 * 365 * 86_400_000 / 3
        }
    }

    @Test("Now is now")
    func now() {
        let before = Int64(Date.now.timeIntervalSince1970 * 1000)
        let now = WallTime.now.milliseconds
        #expect(abs(now - before) < 60_000)
    }
}
