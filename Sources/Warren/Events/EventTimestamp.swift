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
        self.text = Self.format(milliseconds)
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

    // MARK: - Format

    private static func format(_ milliseconds: Int64) -> String {
        let days = milliseconds.dividedRoundingDown(by: CivilDate.millisecondsPerDay)
        let inDay = Int(milliseconds - days * CivilDate.millisecondsPerDay)
        let date = CivilDate(daysSince1970: Int(days))
        var text: [UInt8] = []
        text.reserveCapacity(24)
        func append(_ value: Int, digits: Int, then separator: Character) {
            let number = String(value)
            text += String(repeating: "0", count: max(0, digits - number.utf8.count)).utf8
            text += number.utf8
            text += String(separator).utf8
        }
        append(date.year, digits: 4, then: "-")
        append(date.month, digits: 2, then: "-")
        append(date.day, digits: 2, then: "T")
        append(inDay / 3_600_000, digits: 2, then: ":")
        append(inDay / 60_000 % 60, digits: 2, then: ":")
        append(inDay / 1000 % 60, digits: 2, then: ".")
        append(inDay % 1000, digits: 3, then: "Z")
        return String(decoding: text, as: UTF8.self)
    }
}

extension Int64 {
    func dividedRoundingDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
