package import WarrenRuntime

/// One thing that was logged.
package struct LogRecord: Sendable {
    package let time: WallTime
    package let level: LogLevel
    package let label: String
    package let message: String
    package let fields: KeyValuePairs<String, String>

    package init(
        time: WallTime = .now,
        level: LogLevel,
        label: String,
        message: String,
        fields: KeyValuePairs<String, String>
    ) {
        self.time = time
        self.level = level
        self.label = label
        self.message = message
        self.fields = fields
    }

    /// The value of the first field of that name.
    package subscript(field: String) -> String? {
        fields.first { $0.key == field }?.value
    }
}
