/// One number of a series at one moment.
package struct MetricSample: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    package let labels: Metrics.Labels
    package let value: Double

    package init(name: String, labels: Metrics.Labels, value: Double) {
        self.name = name
        self.labels = labels
        self.value = value
    }

    /// `name{label="value"} 12`, with the labels in order.
    package var description: String { "\(name)\(labelText) \(Self.text(value))" }

    private var labelText: String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Whole numbers without a fraction.
    static func text(_ value: Double) -> String {
        Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for character in text {
            switch character {
            case "\\", "\"": escaped += "\\\(character)"
            case "\n", "\r", "\r\n": escaped += "\\n"
            default: escaped.append(character)
            }
        }
        return escaped
    }
}
