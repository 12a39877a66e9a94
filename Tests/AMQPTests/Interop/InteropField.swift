import AMQP

/// A field of a table: a header of a message, or an argument of a binding.
struct InteropField: Sendable {
    let key: String
    let value: AMQPValue
    /// How the programs print the value: the letter of its type, and what it is.
    let text: String

    init(_ key: String, _ value: AMQPValue, _ text: String) {
        self.key = key
        self.value = value
        self.text = text
    }

    /// Of every type that all clients know: one, and the extremes.
    ///
    /// No number is other than finite: RabbitMQ reads none.
    static let common = [
        InteropField(
            "array",
            .array([.int32(1), "two", .array([]), .table(["three": .void])]),
            "A(I(1), S(two), A(), F(three: V()))"
        ),
        InteropField("array-empty", .array([]), "A()"),
        InteropField("bool-false", false, "t(false)"),
        InteropField("bool-true", true, "t(true)"),
        InteropField("bytes", .bytes([0, 255]), "x(00ff)"),
        InteropField("bytes-empty", .bytes([]), "x()"),
        InteropField("decimal", .decimal(scale: 2, value: 314), "D(2, 314)"),
        InteropField("decimal-least", .decimal(scale: 255, value: .min), "D(255, -2147483648)"),
        InteropField("decimal-most", .decimal(scale: 0, value: .max), "D(0, 2147483647)"),
        InteropField("double", .double(-2.25), "d(c002000000000000)"),
        InteropField("double-most", .double(.greatestFiniteMagnitude), "d(7fefffffffffffff)"),
        InteropField("double-tiny", .double(.leastNonzeroMagnitude), "d(0000000000000001)"),
        InteropField("double-zero", .double(-0.0), "d(8000000000000000)"),
        InteropField("float", .float(1.5), "f(3fc00000)"),
        InteropField("float-most", .float(.greatestFiniteMagnitude), "f(7f7fffff)"),
        InteropField("float-tiny", .float(.leastNonzeroMagnitude), "f(00000001)"),
        InteropField("int16-least", .int16(.min), "s(-32768)"),
        InteropField("int16-most", .int16(.max), "s(32767)"),
        InteropField("int32-least", .int32(.min), "I(-2147483648)"),
        InteropField("int32-most", .int32(.max), "I(2147483647)"),
        InteropField("int64-least", .int64(.min), "l(-9223372036854775808)"),
        InteropField("int64-most", .int64(.max), "l(9223372036854775807)"),
        InteropField("int8-least", .int8(.min), "b(-128)"),
        InteropField("int8-most", .int8(.max), "b(127)"),
        InteropField("table", .table(["a": .table(["b": .array([true])])]), "F(a: F(b: A(t(true))))"),
        InteropField("table-empty", .table([:]), "F()"),
        InteropField("text", "Füchse, 狐, 🦊, \u{0}", "S(Füchse, 狐, 🦊, \u{0})"),
        InteropField("text-empty", "", "S()"),
        InteropField("time", .timestamp(1_700_000_000), "T(1700000000)"),
        InteropField("time-before-1970", .timestamp(-1), "T(-1)"),
        InteropField("void", .void, "V()"),
        InteropField("ключ, 鍵, 🗝", "key", "S(key)"),
        InteropField(String(repeating: "k", count: 255), "long", "S(long)"),
    ]
}

extension AMQPTable {
    init(_ fields: [InteropField]) {
        self.init(fields.map { Entry(key: $0.key, value: $0.value) })
    }
}
