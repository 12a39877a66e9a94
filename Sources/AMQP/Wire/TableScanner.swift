/// Walks an encoded field table without recursion and refuses what the C decoder must not see: it recurses once per
/// level, without a limit, so that one nested header could overrun the stack.
@safe
struct TableScanner {
    /// Checks the table that begins at `offset` with its 4-byte size.
    ///
    /// - Returns: the offset behind the table.
    static func check(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(WireError) -> Int {
        var scanner = unsafe TableScanner(bytes: bytes)
        return try scanner.scan(from: offset)
    }

    private enum Container {
        case table(end: Int)
        case array(end: Int)

        var end: Int {
            switch self {
            case .table(let end), .array(let end): end
            }
        }
    }

    private let bytes: UnsafeRawBufferPointer
    private var open: [Container] = []

    private init(bytes: UnsafeRawBufferPointer) {
        unsafe self.bytes = unsafe bytes
    }

    private mutating func scan(from offset: Int) throws(WireError) -> Int {
        var position = try enter(at: offset, limit: unsafe bytes.count) { .table(end: $0) }
        while let container = open.last {
            if position == container.end {
                open.removeLast()
                continue
            }
            if case .table = container {
                position = try skip(1 + Int(try byte(at: position)), from: position, limit: container.end)
            }
            position = try value(at: position, limit: container.end)
        }
        return position
    }

    private mutating func value(at offset: Int, limit: Int) throws(WireError) -> Int {
        let start = try skip(1, from: offset, limit: limit)
        switch Unicode.Scalar(try byte(at: offset)) {
        case "t", "b", "B": return try skip(1, from: start, limit: limit)
        case "s", "u": return try skip(2, from: start, limit: limit)
        case "I", "i", "f": return try skip(4, from: start, limit: limit)
        case "D": return try skip(5, from: start, limit: limit)
        case "l", "L", "d", "T": return try skip(8, from: start, limit: limit)
        case "V": return start
        case "S", "x": return try skip(4 + size(at: start), from: start, limit: limit)
        case "A": return try enter(at: start, limit: limit) { .array(end: $0) }
        case "F": return try enter(at: start, limit: limit) { .table(end: $0) }
        default: throw WireError("a field table with the unknown type '\(Unicode.Scalar(try byte(at: offset)))'")
        }
    }

    private mutating func enter(at offset: Int, limit: Int, _ make: (Int) -> Container) throws(WireError) -> Int {
        guard open.count < CodecPool.maximumDepth else {
            throw WireError("a field table nested deeper than \(CodecPool.maximumDepth) levels")
        }
        let start = try skip(4, from: offset, limit: limit)
        let end = try skip(size(at: offset), from: start, limit: limit)
        open.append(make(end))
        return start
    }

    private func byte(at offset: Int) throws(WireError) -> UInt8 {
        guard let byte = unsafe bytes.bigEndian(UInt8.self, at: offset) else { throw Self.truncated }
        return byte
    }

    private func size(at offset: Int) throws(WireError) -> Int {
        guard let size = unsafe bytes.bigEndian(UInt32.self, at: offset) else { throw Self.truncated }
        return Int(size)
    }

    private func skip(_ count: Int, from offset: Int, limit: Int) throws(WireError) -> Int {
        guard count <= limit - offset else { throw Self.truncated }
        return offset + count
    }

    private static var truncated: WireError { WireError("a field table that is shorter than it says") }
}
