internal import WarrenRuntime

/// When an event happened: RFC 3339 text, and the moment it means.
///
/// The text is kept as it was written, with its offset and digits; two timestamps are equal when both are.
public struct EventTimestamp: Sendable, Hashable, CustomStringConvertible {
    /// The text; for our own `2026-01-31T23:59:59.123Z`.
    public let text: String

    /// The moment, in milliseconds since 1970 UTC.
    public let milliseconds: Int64

    /// The last moment with a year of four digits.
    static let range: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// A moment written our way: UTC, with milliseconds.
    ///
    /// - Parameter milliseconds: since 1970 UTC; what lies outside the years 0 to 9999 becomes their nearest end.
    public init(milliseconds: Int64) {
        let milliseconds = min(max(milliseconds, Self.range.lowerBound), Self.range.upperBound)
        self.milliseconds = milliseconds
        self.text = WallTime(milliseconds: milliseconds).rfc3339
    }

    init(text: String, milliseconds: Int64) {
        self.text = text
        self.milliseconds = milliseconds
    }

    /// The time of the machine's clock.
    public static func now() -> EventTimestamp {
        EventTimestamp(milliseconds: WallTime.now.milliseconds)
    }

    /// The text.
    public var description: String { text }
}
