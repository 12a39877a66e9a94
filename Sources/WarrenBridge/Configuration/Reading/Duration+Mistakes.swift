extension Duration {
    /// What a time looks like.
    static let examples = "a time such as 500ms, 10s, 1.5s, 2m, 1h or 7d"

    /// What is wrong with a text that is no time.
    ///
    /// - Parameters:
    ///   - text: the text.
    ///   - shown: how people see it, in quotes.
    /// - Returns: the end of a sentence that says where the text stands.
    package static func mistake(in text: String, shown: String) -> String {
        "\(shown)\(Double(text) == nil ? "" : " has no unit"), expected \(examples)"
    }
}
