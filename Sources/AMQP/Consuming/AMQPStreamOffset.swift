import WarrenRuntime

/// Where in a stream a consumer begins.
///
/// See "Streams" on rabbitmq.com. After a reconnect the consumer goes on after the last delivery it was given.
public struct AMQPStreamOffset: Sendable, Hashable {
    static let key = "x-stream-offset"

    let value: AMQPValue

    /// The first message that the stream still has.
    public static let first = AMQPStreamOffset(value: "first")
    /// The last chunk of messages, which may be many.
    public static let last = AMQPStreamOffset(value: "last")
    /// Messages published from now on.
    public static let next = AMQPStreamOffset(value: "next")

    /// A message by its number; the next one there is, if it has gone.
    public static func offset(_ offset: UInt64) -> AMQPStreamOffset {
        AMQPStreamOffset(value: .int64(Int64(clamping: offset)))
    }

    /// The chunk of messages that were published at that time, in seconds since 1970.
    public static func timestamp(_ seconds: UInt64) -> AMQPStreamOffset {
        AMQPStreamOffset(value: .timestamp(Int64(clamping: seconds)))
    }

    /// As far back as that from now, in whole seconds.
    public static func interval(_ duration: Duration) -> AMQPStreamOffset {
        AMQPStreamOffset(value: .string("\(max(0, duration.saturatedNanoseconds / 1_000_000_000))s"))
    }
}
