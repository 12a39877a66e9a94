/// A text with `${NAME}` and `${NAME:-default}` filled in from the environment; `$$` is a dollar.
///
/// As in a shell, the default also stands in for an empty value. A default holds no `}`.
struct EnvironmentText {
    private(set) var value = ""
    /// Whether any of it comes from the environment.
    private(set) var isFilled = false
    /// What is wrong, without any value.
    private(set) var problems: [String] = []

    init(_ text: String, environment: [String: String]) {
        var rest = text.unicodeScalars[...]
        while let dollar = rest.firstIndex(of: "$") {
            value.unicodeScalars += rest[..<dollar]
            rest = rest[dollar...].dropFirst()
            switch rest.first {
            case "$":
                value += "$"
                rest = rest.dropFirst()
            case "{":
                guard let end = rest.firstIndex(of: "}") else {
                    problems.append("'${' without its '}'; a dollar itself is written $$")
                    return
                }
                fill(String(rest[..<end].dropFirst()), environment)
                rest = rest[end...].dropFirst()
            default: value += "$"
            }
        }
        value.unicodeScalars += rest
    }

    private mutating func fill(_ reference: String, _ environment: [String: String]) {
        isFilled = true
        let separator = reference.firstRange(of: ":-")
        let name = String(reference[..<(separator?.lowerBound ?? reference.endIndex)])
        let fallback = separator.map { String(reference[$0.upperBound...]) }
        guard Self.isName(name) else {
            // What stands there may be a password with a '${' in it.
            problems.append("'${…}' without a name in it, expected ${NAME} or ${NAME:-default}; a dollar itself is $$")
            return
        }
        guard fallback?.contains("${") != true else {
            problems.append("the default of ${\(name)} holds another '${', expected a plain text")
            return
        }
        let found = environment[name]
        if let found, !found.isEmpty || fallback == nil {
            value += found
        } else if let fallback {
            value += fallback
        } else {
            problems.append("the environment variable \(name) is not set; ${\(name):-default} would give it a default")
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, first == UInt8(ascii: "_") || first.isLetter else { return false }
        return name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isLetter || $0.isDigit }
    }
}

extension UInt8 {
    /// Whether it is an ASCII letter.
    var isLetter: Bool { (self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "z") }

    /// Whether it is an ASCII digit.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}
