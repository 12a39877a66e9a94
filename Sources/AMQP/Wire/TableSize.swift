/// How many bytes a table takes on the wire.
enum TableSize {
    static func encoded(_ table: AMQPTable) throws(AMQPError) -> Int {
        try encoded(table, depth: 0)
    }

    private static func encoded(_ table: AMQPTable, depth: Int) throws(AMQPError) -> Int {
        guard depth < CodecPool.maximumDepth else { throw .nestedTooDeep }
        var size = 4
        for entry in table {
            size += 1 + entry.key.utf8.count
            size += try encoded(entry.value, depth: depth + 1)
        }
        return size
    }

    private static func encoded(_ value: AMQPValue, depth: Int) throws(AMQPError) -> Int {
        switch value {
        case .bool, .int8, .uint8: return 2
        case .int16, .uint16: return 3
        case .int32, .uint32, .float: return 5
        case .decimal: return 6
        case .int64, .uint64, .double, .timestamp: return 9
        case .void: return 1
        case .string(let text): return 5 + text.utf8.count
        case .bytes(let bytes): return 5 + bytes.count
        case .table(let table): return 1 + (try encoded(table, depth: depth))
        case .array(let values):
            guard depth < CodecPool.maximumDepth else { throw .nestedTooDeep }
            var size = 5
            for value in values { size += try encoded(value, depth: depth + 1) }
            return size
        }
    }
}
