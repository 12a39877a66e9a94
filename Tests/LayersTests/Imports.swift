/// One `import` declaration of a source.
struct ImportedModule: Equatable {
    let name: String
    let line: Int
}

extension SourceText {
    private static let kinds: Set<String> = [
        "struct", "class", "enum", "protocol", "typealias", "func", "let", "var", "actor",
    ]

    /// Every module the source imports, whatever stands before or behind the word: access level, attributes, a kind of
    /// declaration, a conditional block round it, another statement on the same line.
    var imports: [ImportedModule] {
        let words = self.words
        var found: [ImportedModule] = []
        for (index, word) in words.enumerated() where word.text == "import" {
            var rest = words[(index + 1)...]
            if let kind = rest.first, Self.kinds.contains(kind.text) { rest.removeFirst() }
            guard let module = rest.first else { continue }
            found.append(ImportedModule(name: module.text, line: word.line))
        }
        return found
    }

    /// The identifiers and keywords of the code, in order.
    ///
    /// `import` is a reserved word: without backticks it begins a declaration, and nothing else.
    private var words: [(text: String, line: Int)] {
        var words: [(text: String, line: Int)] = []
        for (index, line) in lines.enumerated() {
            let separated = line.code.split { !($0.isLetter || $0.isNumber || $0 == "_" || $0 == "`") }
            for word in separated where word != "`import`" {
                words.append((text: word.filter { $0 != "`" }, line: index + 1))
            }
        }
        return words
    }
}
