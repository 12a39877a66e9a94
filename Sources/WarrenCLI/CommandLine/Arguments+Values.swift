import WarrenBridge
import WarrenRuntime

extension Arguments {
    /// A whole number from 1 on.
    package func count(_ name: String) throws(CommandFailure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let count = Int(text), count > 0 else {
            throw .usage("\(name) is '\(text)', but must be a whole number from 1 on")
        }
        return count
    }

    /// A time such as `500ms`, `10s`, `1.5s`, `2m`, `1h` or `7d`.
    package func duration(_ name: String) throws(CommandFailure) -> Duration? {
        guard let text = value(name) else { return nil }
        guard let duration = Duration(parsing: text) else {
            throw .usage("\(name): \(Duration.mistake(in: text, shown: "'\(text)'"))")
        }
        return duration
    }
}
