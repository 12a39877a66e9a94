extension ScriptedBroker {
    /// Writes the arguments of a method in the order in which the specification lists them.
    ///
    /// A text over its limit is cut to the low bits of its length, as a faulty server might do.
    public struct Writer: Sendable {
        /// What has been written.
        public private(set) var bytes: [UInt8] = []

        /// Starts with nothing.
        public init() {}

        /// 8 bits.
        public mutating func octet(_ value: UInt8) { bytes.append(value) }

        /// 16 bits.
        public mutating func short(_ value: UInt16) { integer(value) }

        /// 32 bits.
        public mutating func long(_ value: UInt32) { integer(value) }

        /// 64 bits.
        public mutating func longLong(_ value: UInt64) { integer(value) }

        /// Flags, the first in the lowest bit of an octet.
        public mutating func bits(_ values: Bool...) {
            for start in stride(from: 0, to: values.count, by: 8) {
                let flags = values[start..<min(start + 8, values.count)]
                octet(flags.reversed().reduce(0) { $0 << 1 | ($1 ? 1 : 0) })
            }
        }

        /// A text of at most 255 bytes.
        public mutating func shortString(_ value: String) {
            octet(UInt8(truncatingIfNeeded: value.utf8.count))
            raw(Array(value.utf8))
        }

        /// A text or bytes with a length of 32 bits.
        public mutating func longString(_ value: [UInt8]) {
            long(UInt32(truncatingIfNeeded: value.count))
            raw(value)
        }

        /// A text with a length of 32 bits.
        public mutating func longString(_ value: String) { longString(Array(value.utf8)) }

        /// A field table, in the order of its keys.
        public mutating func table(_ table: [String: Value]) {
            var content = Writer()
            for (key, value) in table.sorted(by: { $0.key < $1.key }) {
                content.shortString(key)
                content.field(value)
            }
            longString(content.bytes)
        }

        /// Bytes as they are.
        public mutating func raw(_ value: [UInt8]) { bytes += value }

        private mutating func integer<Number: FixedWidthInteger>(_ value: Number) {
            for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: value >> shift))
            }
        }

        private mutating func tag(_ letter: Unicode.Scalar) { octet(UInt8(ascii: letter)) }

        private mutating func field(_ value: Value) {
            switch value {
            case .bool(let value):
                tag("t")
                octet(value ? 1 : 0)
            case .int8(let value):
                tag("b")
                integer(value)
            case .uint8(let value):
                tag("B")
                integer(value)
            case .int16(let value):
                tag("s")
                integer(value)
            case .uint16(let value):
                tag("u")
                integer(value)
            case .int32(let value):
                tag("I")
                integer(value)
            case .uint32(let value):
                tag("i")
                integer(value)
            case .int64(let value):
                tag("l")
                integer(value)
            case .float(let value):
                tag("f")
                integer(value.bitPattern)
            case .double(let value):
                tag("d")
                integer(value.bitPattern)
            case .decimal(let scale, let value):
                tag("D")
                octet(scale)
                integer(value)
            case .string(let value):
                tag("S")
                longString(value)
            case .bytes(let value):
                tag("x")
                longString(value)
            case .array(let values):
                tag("A")
                var content = Writer()
                for value in values { content.field(value) }
                longString(content.bytes)
            case .timestamp(let value):
                tag("T")
                integer(value)
            case .table(let value):
                tag("F")
                table(value)
            case .void:
                tag("V")
            }
        }
    }
}
