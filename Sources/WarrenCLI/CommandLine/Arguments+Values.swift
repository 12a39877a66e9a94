extension Arguments {
    /// A whole number from 1 on.
    package func count(_ name: String) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let count = Int(text), count > 0 else {
            throw .usage("\(name) is '\(text)', but must be a whole number from 1 on")
        }
        return count
    }

    /// A time such as `500ms`, `10s`, `1.5s`, `2m` or `1h`; a bare number means seconds.
    package func duration(_ name: String) throws(CommandFailure) -> Duration? {
        guard let text = value(name) else { return nil }
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units: [Substring: Double] = ["": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600]
        // A million hours is more than enough and less than what a clock holds.
        guard let unit = units[text[number.endIndex...]], let amount = Double(number), amount * unit <= 3.6e9 else {
            throw .usage("\(name) is '\(text)', but must be a time such as 500ms, 10s, 2m or 1h")
        }
        return .seconds(amount * unit)
    }
}
