import CLinux
import Glibc

/// A moment of the calendar, in milliseconds since 1970-01-01T00:00:00Z.
package struct WallTime: Sendable, Hashable, Comparable {
    package let milliseconds: Int64

    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The machine's calendar clock.
    package static var now: WallTime {
        WallTime(milliseconds: warren_clock(CLOCK_REALTIME) / 1_000_000)
    }

    /// The calendar clock at its last tick, some milliseconds ago at most: several times cheaper to read.
    package static var recent: WallTime {
        WallTime(milliseconds: warren_clock(CLOCK_REALTIME_COARSE) / 1_000_000)
    }

    /// The moment so much later, or earlier; saturates.
    package func advanced(by duration: Duration) -> WallTime {
        let (sum, overflow) = milliseconds.addingReportingOverflow(duration.saturatedNanoseconds / 1_000_000)
        return WallTime(milliseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The moment as RFC 3339 writes it, with milliseconds and in UTC: `2024-06-14T07:01:15.668Z`.
    ///
    /// RFC 3339 ends with the year 9999 and starts with 0000; moments outside are clamped.
    package var rfc3339: String {
        let clamped = min(max(milliseconds, -62_167_219_200_000), 253_402_300_799_999)
        let (days, ofDay) = clamped.quotientAndRemainderFlooring(by: 86_400_000)
        let (year, month, day) = Self.civil(days: days)
        let seconds = ofDay / 1000
        return "\(year, width: 4)-\(month, width: 2)-\(day, width: 2)T"
            + "\(seconds / 3600, width: 2):\(seconds / 60 % 60, width: 2):\(seconds % 60, width: 2)"
            + ".\(ofDay % 1000, width: 3)Z"
    }

    /// The date of the proleptic Gregorian calendar, `days` after 1970-01-01.
    ///
    /// Counted in years that begin in March, so the leap day is the last of its year, and in eras of 400 years, which
    /// all have the same length.
    private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).quotientAndRemainderFlooring(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    package static func < (left: WallTime, right: WallTime) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Int64 {
    /// Division that rounds down, so that the remainder is never negative; `divisor` must be positive.
    fileprivate func quotientAndRemainderFlooring(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension DefaultStringInterpolation {
    /// A number with leading zeros.
    fileprivate mutating func appendInterpolation(_ number: Int64, width: Int) {
        let digits = String(number)
        appendLiteral(String(repeating: "0", count: max(0, width - digits.count)))
        appendLiteral(digits)
    }
}
