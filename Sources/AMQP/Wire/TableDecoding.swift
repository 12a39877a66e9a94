import CRabbitMQ

extension AMQPTable {
    /// Copies a decoded table out of the library's pool.
    ///
    /// The scanner has bounded its depth before.
    init(_ table: amqp_table_t) {
        var entries: [Entry] = []
        let count = unsafe Int(Swift.max(0, table.num_entries))
        if let first = unsafe table.entries {
            entries.reserveCapacity(count)
            for index in 0..<count {
                let entry = unsafe first[index]
                entries.append(unsafe Entry(key: String(copying: entry.key), value: AMQPValue(entry.value)))
            }
        }
        self.init(entries)
    }
}

extension AMQPValue {
    fileprivate init(_ field: amqp_field_value_t) {
        let value = unsafe field.value
        switch unsafe Unicode.Scalar(field.kind) {
        case "t": self = unsafe .bool(value.boolean != 0)
        case "b": self = unsafe .int8(value.i8)
        case "B": self = unsafe .uint8(value.u8)
        case "s": self = unsafe .int16(value.i16)
        case "u": self = unsafe .uint16(value.u16)
        case "I": self = unsafe .int32(value.i32)
        case "i": self = unsafe .uint32(value.u32)
        case "l": self = unsafe .int64(value.i64)
        case "L": self = unsafe .uint64(value.u64)
        case "f": self = unsafe .float(value.f32)
        case "d": self = unsafe .double(value.f64)
        case "D":
            let decimal = unsafe value.decimal
            self = .decimal(scale: decimal.decimals, value: Int32(bitPattern: decimal.value))
        case "T": self = unsafe .timestamp(value.i64)
        case "S":
            let bytes = unsafe [UInt8](copying: value.bytes)
            self = String(validating: bytes, as: UTF8.self).map(AMQPValue.string) ?? .bytes(bytes)
        case "x": self = unsafe .bytes([UInt8](copying: value.bytes))
        case "A":
            let array = unsafe value.array
            guard let first = unsafe array.entries else {
                self = .array([])
                return
            }
            self = unsafe .array((0..<Int(max(0, array.num_entries))).map { unsafe AMQPValue(first[$0]) })
        case "F": self = unsafe .table(AMQPTable(value.table))
        default: self = .void
        }
    }
}

extension [UInt8] {
    init(copying bytes: amqp_bytes_t) {
        self = unsafe Array(UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len))
    }
}

extension String {
    /// Invalid UTF-8 is repaired: a foreign peer's odd name must not lose its message.
    init(copying bytes: amqp_bytes_t) {
        let buffer = unsafe UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.bytes == nil ? 0 : bytes.len)
        self = unsafe String(decoding: buffer, as: UTF8.self)
    }
}
