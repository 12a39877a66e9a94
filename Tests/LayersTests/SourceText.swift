/// A Swift source taken apart line by line: code on one side, comments on the other, string literals blanked out.
///
/// So a word in a comment or a string is never mistaken for code. Code inside a string interpolation counts as code.
struct SourceText {
    struct Line {
        var code = ""
        var comment = ""
        var isComment: Bool { code.isBlank && !comment.isBlank }
    }

    private enum Context {
        case code
        case blockComment(depth: Int)
        case string(hashes: Int, isMultiline: Bool)
        /// Inside `\( … )`: code again, until the parentheses are even.
        case interpolation(parentheses: Int)
    }

    private(set) var lines: [Line] = [Line()]

    init(_ source: String) {
        var scanner = Scanner(source)
        var contexts: [Context] = [.code]
        while !scanner.isAtEnd {
            step(&scanner, &contexts)
        }
    }

    private mutating func step(_ scanner: inout Scanner, _ contexts: inout [Context]) {
        switch contexts[contexts.count - 1] {
        case .code: stepCode(&scanner, &contexts)
        case .interpolation(let depth): stepInterpolation(depth, &scanner, &contexts)
        case .blockComment(let depth): stepComment(depth, &scanner, &contexts)
        case .string(let hashes, let isMultiline): stepString(hashes, isMultiline, &scanner, &contexts)
        }
    }

    private mutating func stepCode(_ scanner: inout Scanner, _ contexts: inout [Context]) {
        if scanner.take("//") {
            while let character = scanner.current, !character.isNewline { addComment(scanner.next() ?? character) }
        } else if scanner.take("/*") {
            addCode(" ")
            contexts.append(.blockComment(depth: 1))
        } else if let (hashes, isMultiline) = scanner.takeStringStart() {
            contexts.append(.string(hashes: hashes, isMultiline: isMultiline))
        } else if let character = scanner.next() {
            addCode(character)
        }
    }

    private mutating func stepInterpolation(_ depth: Int, _ scanner: inout Scanner, _ contexts: inout [Context]) {
        guard scanner.current == "(" || scanner.current == ")" else { return stepCode(&scanner, &contexts) }
        let change = scanner.current == "(" ? 1 : -1
        contexts[contexts.count - 1] = .interpolation(parentheses: depth + change)
        if depth + change == 0 { contexts.removeLast() }
        addCode(scanner.next() ?? " ")
    }

    private mutating func stepComment(_ depth: Int, _ scanner: inout Scanner, _ contexts: inout [Context]) {
        if scanner.take("/*") {
            contexts[contexts.count - 1] = .blockComment(depth: depth + 1)
        } else if scanner.take("*/") {
            contexts[contexts.count - 1] = .blockComment(depth: depth - 1)
            if depth == 1 { contexts.removeLast() }
        } else if let character = scanner.next() {
            addComment(character)
        }
    }

    private mutating func stepString(
        _ hashes: Int,
        _ isMultiline: Bool,
        _ scanner: inout Scanner,
        _ contexts: inout [Context]
    ) {
        let escape = "\\" + String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + String(repeating: "#", count: hashes)
        if scanner.take(escape + "(") {
            contexts.append(.interpolation(parentheses: 1))
        } else if scanner.take(escape) {
            if let escaped = scanner.next(), escaped.isNewline { addCode(escaped) }
        } else if scanner.take(end) {
            contexts.removeLast()
            addCode("\"")
        } else if let character = scanner.next(), character.isNewline {
            addCode(character)
            // A quote in a regular expression is no string: the line's end puts the scanner right again.
            if !isMultiline { contexts.removeLast() }
        }
    }

    private mutating func addCode(_ character: Character) {
        guard !character.isNewline else { return lines.append(Line()) }
        lines[lines.count - 1].code.append(character)
    }

    private mutating func addComment(_ character: Character) {
        guard !character.isNewline else { return lines.append(Line()) }
        lines[lines.count - 1].comment.append(character)
    }
}

/// A cursor over the characters of a source.
private struct Scanner {
    private let characters: [Character]
    private var position = 0

    init(_ source: String) {
        characters = Array(source)
    }

    var isAtEnd: Bool { position >= characters.count }

    var current: Character? { isAtEnd ? nil : characters[position] }

    mutating func next() -> Character? {
        guard let character = current else { return nil }
        position += 1
        return character
    }

    mutating func take(_ text: String) -> Bool {
        guard starts(with: text, at: position) else { return false }
        position += text.count
        return true
    }

    /// Takes `"`, `"""`, `#"` and so on; tells how the literal will end.
    mutating func takeStringStart() -> (hashes: Int, isMultiline: Bool)? {
        var hashes = 0
        while position + hashes < characters.count, characters[position + hashes] == "#" { hashes += 1 }
        guard starts(with: "\"", at: position + hashes) else { return nil }
        let isMultiline = starts(with: "\"\"\"", at: position + hashes)
        position += hashes + (isMultiline ? 3 : 1)
        return (hashes, isMultiline)
    }

    private func starts(with text: String, at start: Int) -> Bool {
        characters[min(start, characters.count)...].starts(with: text)
    }
}

extension String {
    var isBlank: Bool { allSatisfy(\.isWhitespace) }
}
