/// Why no more messages are printed.
package enum TailEnd: Sendable, Hashable {
    /// As many as were wanted are printed.
    case counted
    /// The time was up.
    case timedOut
    case stopped(signal: String)
    /// Nobody reads the output any more.
    case unread
}
