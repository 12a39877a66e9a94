/// A value of a field table: every type that RabbitMQ and its clients send.
///
/// See "AMQP 0-9-1 errata" on rabbitmq.com for the type letters.
public indirect enum AMQPValue: Sendable, Hashable {
    /// `t`
    case bool(Bool)
    /// `b`
    case int8(Int8)
    /// `B`
    case uint8(UInt8)
    /// `s`
    case int16(Int16)
    /// `u`
    case uint16(UInt16)
    /// `I`
    case int32(Int32)
    /// `i`
    case uint32(UInt32)
    /// `l`
    case int64(Int64)
    /// `L`; sent as `l` where it fits, because brokers differ in how they read `L`.
    case uint64(UInt64)
    /// `f`; one that is not finite is refused, because RabbitMQ would close the connection.
    case float(Float)
    /// `d`; one that is not finite is refused, because RabbitMQ would close the connection.
    case double(Double)
    /// `D`: `value` divided by ten to the power of `scale`.
    ///
    /// Signed, as other clients have it and the protocol's text says; its grammar says otherwise.
    case decimal(scale: UInt8, value: Int32)
    /// `S` with valid UTF-8 in it.
    case string(String)
    /// `x`, and `S` where the bytes are no valid UTF-8.
    case bytes([UInt8])
    /// `T`: seconds since 1970; negative before it.
    case timestamp(Int64)
    /// `A`
    case array([AMQPValue])
    /// `F`
    case table(AMQPTable)
    /// `V`
    case void
}

extension AMQPValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral {
    /// A text.
    public init(stringLiteral value: String) {
        self = .string(value)
    }

    /// A 64-bit integer.
    public init(integerLiteral value: Int64) {
        self = .int64(value)
    }

    /// A truth value.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }
}

extension AMQPValue {
    /// The text of a `.string`.
    public var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The number in any of the integer types, where it fits.
    public var integer: Int? {
        switch self {
        case .int8(let number): Int(number)
        case .uint8(let number): Int(number)
        case .int16(let number): Int(number)
        case .uint16(let number): Int(number)
        case .int32(let number): Int(number)
        case .uint32(let number): Int(exactly: number)
        case .int64(let number), .timestamp(let number): Int(exactly: number)
        case .uint64(let number): Int(exactly: number)
        default: nil
        }
    }
}
