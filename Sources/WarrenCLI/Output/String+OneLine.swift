extension String {
    /// The same on one line, without control characters: within a foreign text they would pass for the end of our line, or
    /// tell a terminal what to do.
    package var onOneLine: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var line = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.isControl: line += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}

extension Unicode.Scalar {
    /// Whether it is no letter but a command, as the end of a line is.
    fileprivate var isControl: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        // What turns the direction of writing would turn what we write behind it too. Other formats join emoji and letters.
        default: properties.isBidiControl
        }
    }
}
