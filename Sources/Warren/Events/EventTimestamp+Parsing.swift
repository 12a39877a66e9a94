extension EventTimestamp {
    /// Reads RFC 3339, and what people write for it: a space for the `T`, a comma for the point, any number of digits
    /// after it, no seconds, an offset without its colon or its minutes; without an offset it is UTC.
    ///
    /// Nothing when it is no such text or names a moment outside the years 0 to 9999.
    public init?(_ text: String) {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), let date = CivilDate(year: year, month: month, day: day),
            reader.take("Tt "), let time = reader.timeOfDay(), let offset = reader.offset(), reader.rest.isEmpty
        else { return nil }
        let milliseconds = Int64(date.daysSince1970) * CivilDate.millisecondsPerDay + Int64(time - offset)
        guard Self.range.contains(milliseconds) else { return nil }
        self.init(text: text, milliseconds: milliseconds)
    }

    /// Takes the text from the front, piece by piece; its times are in milliseconds.
    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ choices: StaticString) -> Bool {
            guard let byte = rest.first, choices.description.utf8.contains(byte) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func number(_ digits: Int) -> Int? {
            let field = rest.prefix(digits)
            guard field.count == digits, field.allSatisfy(\.isDigit) else { return nil }
            rest.removeFirst(digits)
            return field.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        mutating func timeOfDay() -> Int? {
            guard let hour = number(2), hour < 24, take(":"), let minute = number(2), minute < 60 else { return nil }
            let minutes = hour * 60 + minute
            guard take(":") else { return minutes * 60_000 }
            // 60 is a leap second: the same moment as the minute that follows.
            guard let second = number(2), second <= 60 else { return nil }
            let seconds = minutes * 60 + second
            guard take(".,") else { return seconds * 1000 }
            let digits = rest.prefix(while: \.isDigit)
            guard !digits.isEmpty else { return nil }
            rest.removeFirst(digits.count)
            let padded = Array(digits.prefix(3)) + Array(repeating: 0x30, count: max(0, 3 - digits.count))
            return seconds * 1000 + padded.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        mutating func offset() -> Int? {
            if rest.isEmpty || take("Zz") { return 0 }
            let sign: Int
            if take("+") {
                sign = 1
            } else if take("-") {
                sign = -1
            } else {
                return nil
            }
            guard let hours = number(2), hours < 24 else { return nil }
            if rest.isEmpty { return sign * hours * 3_600_000 }
            _ = take(":")
            guard let minutes = number(2), minutes < 60 else { return nil }
            return sign * (hours * 60 + minutes) * 60_000
        }
    }
}
