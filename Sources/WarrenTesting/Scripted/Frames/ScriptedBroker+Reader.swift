extension ScriptedBroker {
    /// Reads the arguments of a method in the order in which the specification lists them.
    ///
    /// Every call throws ``WarrenTestingError`` with `.malformedFrame` when the bytes end too early or make no sense.
    public struct Reader: Sendable {
        /// Arrays and tables in one another, deeper than any client sends them.
        private static let maximumDepth = 64

        private var rest: ArraySlice<UInt8>
        private let depth: Int

        /// Reads from the first of `bytes`.
        public init(_ bytes: [UInt8]) {
            self.init(bytes[...], depth: 0)
        }

        private init(_ bytes: ArraySlice<UInt8>, depth: Int) {
            rest = bytes
            self.depth = depth
        }

        /// What has not been read yet.
        public var remaining: [UInt8] { Array(rest) }

        /// 8 bits.
        public mutating func octet() throws(WarrenTestingError) -> UInt8 { try integer() }

        /// 16 bits.
        public mutating func short() throws(WarrenTestingError) -> UInt16 { try integer() }

        /// 32 bits.
        public mutating func long() throws(WarrenTestingError) -> UInt32 { try integer() }

        /// 64 bits.
        public mutating func longLong() throws(WarrenTestingError) -> UInt64 { try integer() }

        /// The flags of one octet, the lowest bit first.
        public mutating func bits() throws(WarrenTestingError) -> [Bool] {
            let octet = try octet()
            return (0..<8).map { octet & (1 << UInt8($0)) != 0 }
        }

        /// A text with a length of 8 bits.
        public mutating func shortString() throws(WarrenTestingError) -> String {
            String(decoding: try take(Int(try octet())), as: UTF8.self)
        }

        /// Bytes with a length of 32 bits.
        public mutating func longString() throws(WarrenTestingError) -> [UInt8] {
            Array(try take(Int(try long())))
        }

        /// A field table.
        public mutating func table() throws(WarrenTestingError) -> [String: Value] {
            var content = try nested()
            var table: [String: Value] = [:]
            while !content.rest.isEmpty {
                let key = try content.shortString()
                table[key] = try content.field()
            }
            return table
        }

        private mutating func field() throws(WarrenTestingError) -> Value {
            let tag = try octet()
            switch Character(UnicodeScalar(tag)) {
            case "t": return .bool(try octet() != 0)
            case "b": return .int8(try integer())
            case "B": return .uint8(try integer())
            case "s": return .int16(try integer())
            case "u": return .uint16(try integer())
            case "I": return .int32(try integer())
            case "i": return .uint32(try integer())
            case "l", "L": return .int64(try integer())
            case "f": return .float(Float(bitPattern: try integer()))
            case "d": return .double(Double(bitPattern: try integer()))
            case "D": return .decimal(scale: try octet(), try integer())
            case "S": return .string(String(decoding: try longString(), as: UTF8.self))
            case "x": return .bytes(try longString())
            case "A":
                var content = try nested()
                var values: [Value] = []
                while !content.rest.isEmpty { values.append(try content.field()) }
                return .array(values)
            case "T": return .timestamp(try integer())
            case "F": return .table(try table())
            case "V": return .void
            default: throw WarrenTestingError(.malformedFrame, "a field of the unknown type \(tag)")
            }
        }

        /// A reader of the next long string, one level deeper.
        private mutating func nested() throws(WarrenTestingError) -> Reader {
            guard depth < Self.maximumDepth else {
                throw WarrenTestingError(.malformedFrame, "tables nested more than \(Self.maximumDepth) deep")
            }
            return Reader(try take(Int(try long())), depth: depth + 1)
        }

        private mutating func integer<Number: FixedWidthInteger>() throws(WarrenTestingError) -> Number {
            try take(Number.bitWidth / 8).reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        }

        private mutating func take(_ count: Int) throws(WarrenTestingError) -> ArraySlice<UInt8> {
            guard rest.count >= count else {
                throw WarrenTestingError(.malformedFrame, "\(count) bytes expected, \(rest.count) left")
            }
            let taken = rest.prefix(count)
            rest = rest.dropFirst(count)
            return taken
        }
    }
}
