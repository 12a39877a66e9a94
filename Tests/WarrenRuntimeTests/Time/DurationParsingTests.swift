import Testing
import WarrenRuntime

@Suite("A time as a text")
struct DurationParsingTests {
    @Test(
        "is a number with its unit, exactly",
        arguments: [
            ("500ms", Duration.milliseconds(500)), ("10s", .seconds(10)), ("1.5s", .milliseconds(1500)),
            ("2m", .seconds(120)), ("1h", .seconds(3600)), ("0s", .zero), ("0.1s", .milliseconds(100)),
            ("0.000000001s", .nanoseconds(1)), ("0.0000001ms", .zero), ("1000000h", .seconds(3_600_000_000)),
            ("007s", .seconds(7)), ("7d", .seconds(604_800)),
        ]
    )
    func times(text: String, duration: Duration) {
        #expect(Duration(parsing: text) == duration)
    }

    @Test(
        "is none without a number, without a unit, with anything else, or over a million hours",
        arguments: [
            "", "s", "5", "5x", "-1s", "+1s", "1.2.3s", "1e9s", "1 s", "1s ", ".5s", "5.s", ".s", "٣s", "5S",
            "1000001h",
            "1000000.1h", "99999999999999999999s", "0.0000000001s", "1h30m", "1000000d", "1w",
        ]
    )
    func others(text: String) {
        #expect(Duration(parsing: text) == nil)
    }
}
