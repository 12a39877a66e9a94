/// Where log records go.
///
/// Called from any thread, so it returns quickly and never throws.
package protocol LogOutput: Sendable {
    func write(_ record: LogRecord)
}

/// The output of ``Logger/none``.
struct NoLogOutput: LogOutput {
    func write(_ record: LogRecord) {}
}
