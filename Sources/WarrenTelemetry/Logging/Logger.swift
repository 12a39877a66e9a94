/// Writes what happens to an output, from a minimum level up.
///
/// Message and fields are only built when the level is enabled; a disabled level costs one comparison.
package struct Logger: Sendable {
    @usableFromInline let threshold: UInt8
    @usableFromInline let output: any LogOutput

    /// Which part of the program speaks.
    package let label: String

    /// - Parameters:
    ///   - label: which part of the program speaks, for example `amqp.connection`.
    ///   - minimum: levels below are not logged.
    ///   - output: where the lines go.
    package init(label: String, minimum: LogLevel = .info, output: any LogOutput) {
        self.init(label: label, threshold: minimum.rawValue, output: output)
    }

    private init(label: String, threshold: UInt8, output: any LogOutput) {
        self.label = label
        self.threshold = threshold
        self.output = output
    }

    /// Logs nothing at any level.
    package static let none = Logger(label: "", threshold: .max, output: NoLogOutput())

    /// The same output and minimum under another label.
    package func labelled(_ label: String) -> Logger {
        Logger(label: label, threshold: threshold, output: output)
    }

    @inlinable
    package func isEnabled(_ level: LogLevel) -> Bool { level.rawValue >= threshold }

    /// Logs one line, unless the level is disabled.
    @inlinable
    package func log(
        _ level: LogLevel,
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) {
        guard isEnabled(level) else { return }
        output.write(LogRecord(level: level, label: label, message: message(), fields: fields()))
    }
}

extension Logger {
    @inlinable
    package func trace(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) { log(.trace, message(), fields()) }

    @inlinable
    package func debug(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) { log(.debug, message(), fields()) }

    @inlinable
    package func info(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) { log(.info, message(), fields()) }

    @inlinable
    package func warning(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) { log(.warning, message(), fields()) }

    @inlinable
    package func error(
        _ message: @autoclosure () -> String,
        _ fields: @autoclosure () -> KeyValuePairs<String, String> = [:]
    ) { log(.error, message(), fields()) }
}
