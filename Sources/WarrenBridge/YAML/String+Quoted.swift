extension String {
    /// The text in quotes, for an error: short, in one line, and without what may be a password.
    var quoted: String {
        guard !contains("://") else { return "'…'" }
        let scalars = unicodeScalars.prefix(Self.quotedLength).map { scalar in
            scalar.isInvisible ? scalar.escaped(asASCII: true) : String(scalar)
        }
        let isCut = unicodeScalars.dropFirst(Self.quotedLength).first != nil
        return "'\(scalars.joined())\(isCut ? "…" : "")'"
    }

    private static let quotedLength = 60
}

extension Unicode.Scalar {
    /// Whether it would change the line instead of standing in it.
    var isInvisible: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
