extension ScriptedBroker {
    /// A value of a field table (AMQP 0-9-1 section 4.2.5, with RabbitMQ's type letters).
    public indirect enum Value: Sendable, Hashable {
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
        /// `f`
        case float(Float)
        /// `d`
        case double(Double)
        /// `D`: digits after the point, and the number without it.
        case decimal(scale: UInt8, UInt32)
        /// `S`
        case string(String)
        /// `x`
        case bytes([UInt8])
        /// `A`
        case array([Value])
        /// `T`: seconds since 1970.
        case timestamp(UInt64)
        /// `F`
        case table([String: Value])
        /// `V`
        case void
    }
}

extension ScriptedBroker.Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }

    /// A truth value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }

    /// A number, sent as `l` (64 bits).
    public init(integerLiteral value: Int64) { self = .int64(value) }

    /// A table; of two equal keys the last one counts.
    public init(dictionaryLiteral elements: (String, Self)...) {
        self = .table(Dictionary(elements) { $1 })
    }

    /// An array.
    public init(arrayLiteral elements: Self...) { self = .array(elements) }
}
