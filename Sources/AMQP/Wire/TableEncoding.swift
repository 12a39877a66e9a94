import CRabbitMQ

extension CodecPool {
    /// How deep tables and arrays may nest, in both directions.
    static let maximumDepth = 32

    /// A name or other short string (AMQP 0-9-1, section 4.2.5.3): at most 255 bytes.
    mutating func shortString(_ text: String, _ field: String) throws(AMQPError) -> amqp_bytes_t {
        try AMQPError.checkShortString(text, field)
        return unsafe try copy(text)
    }

    /// Builds the C form of a table; keys are checked here, because `amqp_encode_table` cuts long ones silently.
    mutating func table(_ table: AMQPTable, depth: Int = 0) throws(AMQPError) -> amqp_table_t {
        guard depth < Self.maximumDepth else { throw .nestedTooDeep }
        guard !table.isEmpty else { return unsafe amqp_empty_table }
        let entries = unsafe try allocate(amqp_table_entry_t.self, count: table.count)
        for (index, entry) in table.entries.enumerated() {
            let key = unsafe try shortString(entry.key, "table key")
            let value = unsafe try self.value(entry.value, depth: depth + 1)
            unsafe (entries + index).initialize(to: amqp_table_entry_t(key: key, value: value))
        }
        return unsafe amqp_table_t(num_entries: Int32(clamping: table.count), entries: entries)
    }

    private mutating func array(_ values: [AMQPValue], depth: Int) throws(AMQPError) -> amqp_array_t {
        guard depth < Self.maximumDepth else { throw .nestedTooDeep }
        let entries = unsafe try allocate(amqp_field_value_t.self, count: max(1, values.count))
        for (index, value) in values.enumerated() {
            unsafe (entries + index).initialize(to: try self.value(value, depth: depth + 1))
        }
        return unsafe amqp_array_t(num_entries: Int32(clamping: values.count), entries: entries)
    }

    private mutating func value(_ value: AMQPValue, depth: Int) throws(AMQPError) -> amqp_field_value_t {
        var field = unsafe amqp_field_value_t()
        func kind(_ letter: Character) { unsafe field.kind = letter.asciiValue ?? 0 }
        switch value {
        case .bool(let flag):
            kind("t")
            unsafe field.value.boolean = flag ? 1 : 0
        case .int8(let number):
            kind("b")
            unsafe field.value.i8 = number
        case .uint8(let number):
            kind("B")
            unsafe field.value.u8 = number
        case .int16(let number):
            kind("s")
            unsafe field.value.i16 = number
        case .uint16(let number):
            kind("u")
            unsafe field.value.u16 = number
        case .int32(let number):
            kind("I")
            unsafe field.value.i32 = number
        case .uint32(let number):
            kind("i")
            unsafe field.value.u32 = number
        case .int64(let number):
            kind("l")
            unsafe field.value.i64 = number
        case .uint64(let number):
            if let signed = Int64(exactly: number) {
                kind("l")
                unsafe field.value.i64 = signed
            } else {
                kind("L")
                unsafe field.value.u64 = number
            }
        case .float(let number):
            try AMQPError.checkFinite(number)
            kind("f")
            unsafe field.value.f32 = number
        case .double(let number):
            try AMQPError.checkFinite(number)
            kind("d")
            unsafe field.value.f64 = number
        case .decimal(let scale, let number):
            kind("D")
            unsafe field.value.decimal = amqp_decimal_t(decimals: scale, value: UInt32(bitPattern: number))
        case .string(let text):
            kind("S")
            unsafe field.value.bytes = try copy(text)
        case .bytes(let bytes):
            kind("x")
            unsafe field.value.bytes = try copy(bytes)
        case .timestamp(let seconds):
            kind("T")
            unsafe field.value.i64 = seconds
        case .array(let values):
            kind("A")
            unsafe field.value.array = try array(values, depth: depth)
        case .table(let table):
            kind("F")
            unsafe field.value.table = try self.table(table, depth: depth)
        case .void:
            kind("V")
        }
        return unsafe field
    }
}

extension AMQPError {
    static var nestedTooDeep: AMQPError {
        AMQPError(.invalidArgument, "a table nests deeper than \(CodecPool.maximumDepth) levels")
    }

    /// Refuses the numbers that RabbitMQ, whose language has none like them, cannot read: it would close the connection.
    static func checkFinite(_ number: some BinaryFloatingPoint) throws(AMQPError) {
        guard number.isFinite else {
            throw AMQPError(.invalidArgument, "a table holds the number '\(number)'; RabbitMQ reads finite ones only")
        }
    }

    /// Refuses what does not fit the protocol's one length byte.
    static func checkShortString(_ text: String, _ field: String) throws(AMQPError) {
        try checkShortString(size: text.utf8.count, field)
    }

    @inline(__always)
    static func checkShortString(size: Int, _ field: @autoclosure () -> String) throws(AMQPError) {
        guard size <= 255 else {
            throw AMQPError(.invalidArgument, "\(field()) has \(size) bytes; AMQP allows at most 255")
        }
    }
}
