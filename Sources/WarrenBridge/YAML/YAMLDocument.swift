/// A YAML text as a tree, and what is wrong with it.
///
/// One document; no anchors, aliases, merge keys and tags, so the tree is never larger than its text. A key stands once
/// in a mapping and is a text.
package struct YAMLDocument: Sendable {
    /// The bounds of a text.
    package struct Limits: Sendable {
        /// Bytes.
        package var size = 1 << 20
        /// Sequences and mappings within each other.
        package var depth = 32
        /// Keys, values and collections in all.
        package var nodes = 10_000

        package init() {}
    }

    /// `nil` when there is nothing in the text, or it is not YAML.
    package let root: YAMLNode?

    /// In the order of the text.
    package let problems: [YAMLProblem]

    /// Takes what should be UTF-8.
    package init(_ text: [UInt8], limits: Limits = Limits()) {
        guard text.count <= limits.size else {
            let message = "the text is longer than \(limits.size) bytes"
            root = nil
            problems = [YAMLProblem(TextPlace(line: 1, column: 1), message)]
            return
        }
        var composer = YAMLComposer(limits: limits)
        do throws(YAMLProblem) {
            var reader = try YAMLEventReader(text)
            root = try composer.document(from: &reader)
            problems = composer.problems
        } catch {
            root = nil
            problems = composer.problems + [error]
        }
    }
}
