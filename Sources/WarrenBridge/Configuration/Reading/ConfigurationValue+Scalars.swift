import WarrenRuntime

extension ConfigurationValue {
    /// A text with the environment filled in, and how an error shows it: as it stands in the file.
    struct Text {
        let value: String
        let shown: String
        /// Whether it could be a number or `true`: without quotes, or out of the environment.
        let isBare: Bool
    }

    func scalar(expected: String) -> Text? {
        guard case .scalar(let raw, let isPlain) = node.content, !node.isNull else {
            return mismatch(expected: expected)
        }
        let text = EnvironmentText(raw, environment: reader.environment)
        guard text.problems.isEmpty else {
            for problem in text.problems { report(problem) }
            return nil
        }
        let shown = raw.quoted + (text.isFilled ? " with the environment filled in" : "")
        return Text(value: text.value, shown: shown, isBare: isPlain || text.isFilled)
    }

    /// A text that is not empty.
    func text(expected: String) -> String? {
        guard let text = scalar(expected: expected) else { return nil }
        guard !text.value.isEmpty else { return wrong("an empty text, expected \(expected)") }
        return text.value
    }

    /// The path of a file.
    func filePath() -> String? {
        guard let path = text(expected: "a path") else { return nil }
        guard !path.utf8.contains(0) else { return wrong("a path with the character NUL in it") }
        return path
    }

    func bool() -> Bool? {
        let expected = "true or false"
        guard let text = scalar(expected: expected) else { return nil }
        switch text.value {
        case "true" where text.isBare: return true
        case "false" where text.isBare: return false
        default: return wrong("\(text.isBare ? text.shown : "a text in quotes"), expected \(expected)")
        }
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = scalar(expected: expected) else { return nil }
        guard text.isBare else { return wrong("a text in quotes, expected \(expected)") }
        guard let number = Int(text.value), range.contains(number), !text.value.hasPrefix("+") else {
            return wrong("\(text.shown), expected \(expected)")
        }
        return number
    }

    func number(in range: ClosedRange<Double>) -> Double? {
        let expected = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let text = scalar(expected: expected) else { return nil }
        guard text.isBare else { return wrong("a text in quotes, expected \(expected)") }
        let isDecimal = text.value.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
        guard isDecimal, let number = Double(text.value), range.contains(number) else {
            return wrong("\(text.shown), expected \(expected)")
        }
        return number
    }

    func duration(in range: ClosedRange<Duration>) -> Duration? {
        guard let text = scalar(expected: Duration.examples) else { return nil }
        guard let duration = Duration(parsing: text.value) else {
            return wrong(Duration.mistake(in: text.value, shown: text.shown))
        }
        guard range.contains(duration) else {
            return wrong("\(text.shown), expected a time from \(range.lowerBound.short) to \(range.upperBound.short)")
        }
        return duration
    }

    /// One of the words of an enumeration; `refused` has other words, with what to say behind each.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ type: Choice.Type = Choice.self,
        refused: [String: String] = [:]
    ) -> Choice? {
        let words = Choice.allCases.map(\.rawValue)
        let expected = words.listed(by: "or")
        guard let text = scalar(expected: expected) else { return nil }
        if let choice = Choice(rawValue: text.value) { return choice }
        if let reason = refused[text.value] { return wrong(text.shown + reason) }
        let hint = Spelling.nearest(to: text.value, among: words).map { "did you mean '\($0)'?" }
        return wrong("\(text.shown), \(hint ?? "expected \(expected)")")
    }
}

extension Duration {
    /// As it would stand in a file.
    fileprivate var short: String {
        let units = [(Duration.seconds(86_400), "d"), (.seconds(3600), "h"), (.seconds(60), "m"), (.seconds(1), "s")]
        for (unit, name) in units {
            let count = Int((self / unit).rounded())
            // A day is 24 hours, as elsewhere.
            if count > (name == "d" ? 1 : 0), unit * count == self { return "\(count)\(name)" }
        }
        return "\(Int(self / .milliseconds(1)))ms"
    }
}
