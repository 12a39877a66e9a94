import Testing

@testable import AMQP

@Suite("The table scanner")
struct TableScannerTests {
    /// One value of every type, as an entry.
    static let entries: [WireBytes] = [
        .entry("t", "t", [1]), .entry("b", "b", [0xFF]), .entry("B", "B", [0xFF]),
        .entry("s", "s", [0xFF, 0xFE]), .entry("u", "u", [0xFF, 0xFE]),
        .entry("I", "I", .number(-2 as Int32)), .entry("i", "i", .number(.max as UInt32)),
        .entry("l", "l", .number(.min as Int64)), .entry("L", "L", .number(.max as UInt64)),
        .entry("f", "f", .number((1.5 as Float).bitPattern)), .entry("d", "d", .number((-1.5).bitPattern)),
        .entry("D", "D", .joined([[2], .number(314 as UInt32)])),
        .entry("S", "S", .longString("text")), .entry("x", "x", .longString([0, 0xFF])),
        .entry("T", "T", .number(1_700_000_000 as UInt64)), .entry("V", "V", []),
        .entry("A", "A", .table([0x74, 1], [0x56], [0x41], .table())),
        .entry("F", "F", .table(.entry("", "F", .table()), .entry("n", "V", []))),
    ]

    static let all = WireBytes.table(.joined(entries))

    /// - Returns: the offset behind the table, or what is wrong with it.
    private static func check(_ bytes: [UInt8], at offset: Int = 0) -> Result<Int, WireError> {
        unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in unsafe try TableScanner.check(bytes, at: offset) }
        }
    }

    private static let truncated = Result<Int, WireError>.failure(
        WireError("a field table that is shorter than it says")
    )

    @Test("accepts every type, and says where the table ends")
    func everyType() {
        let bytes = Self.all.bytes
        #expect(Self.check(bytes) == .success(bytes.count))
        #expect(Self.check([9, 9, 9] + bytes + [9, 9], at: 3) == .success(bytes.count + 3))
        #expect(Self.check(WireBytes.table().bytes) == .success(4))
    }

    @Test("refuses a table cut anywhere")
    func cut() {
        let bytes = Self.all.bytes
        for count in 0..<bytes.count { #expect(Self.check(Array(bytes[..<count])) == Self.truncated, "\(count)") }
        for offset in [-1, bytes.count - 3, bytes.count, bytes.count + 1, .max / 2, .max] {
            #expect(Self.check(bytes, at: offset) == Self.truncated, "\(offset)")
        }
    }

    @Test("refuses an entry that is larger than its table, although bytes follow")
    func entryTooLarge() {
        for entry in Self.entries {
            for size in 1..<entry.bytes.count {
                let table = WireBytes.joined([.number(UInt32(size)), entry, .joined(Self.entries)])
                // An entry whose value is a container ends where that ends, so a shorter table cuts through it.
                #expect(Self.check(table.bytes) == Self.truncated, "\(size) of \(entry)")
            }
        }
    }

    @Test("refuses sizes beyond the end", arguments: [0x7FFF_FFFF, 0x8000_0000, .max] as [UInt32])
    func sizes(size: UInt32) {
        let number = WireBytes.number(size)
        #expect(Self.check(number.bytes) == Self.truncated)
        for letter in ["S", "x", "A", "F"] as [Unicode.Scalar] {
            let table = WireBytes.table(.entry("k", letter, number))
            #expect(Self.check(table.bytes) == Self.truncated)
        }
    }

    @Test("refuses types it does not know, by their letter")
    func unknownTypes() {
        let known = Set("tbBsuIilLfdDSxTVAF".utf8)
        for letter in UInt8.min...UInt8.max where !known.contains(letter) {
            let scalar = Unicode.Scalar(letter)
            let table = WireBytes.table(.entry("k", scalar, [0, 0, 0, 0, 0, 0, 0, 0]))
            #expect(
                Self.check(table.bytes)
                    == .failure(WireError("a field table with the unknown type '\(scalar)'"))
            )
        }
    }

    /// Containers in containers; the letters say which, from the inside, and the outermost is a table.
    private static func nested(_ letters: some Sequence<Unicode.Scalar>) -> [UInt8] {
        var bytes = WireBytes.table()
        var isTable: Bool?
        for letter in letters {
            // What was put together so far is a value of the container that `letter` names.
            let inner: Unicode.Scalar = isTable ?? true ? "F" : "A"
            bytes =
                letter == "F"
                ? .table(.entry("", inner, bytes)) : .table(WireBytes([UInt8(ascii: inner)]), bytes)
            isTable = letter == "F"
        }
        return bytes.bytes
    }

    @Test("accepts thirty-two levels of tables, arrays or both, and refuses more", arguments: ["F", "A", "FA"])
    func nesting(pattern: String) {
        func table(_ levels: Int) -> [UInt8] {
            let letters = Array(pattern.unicodeScalars)
            let middle = (0..<levels - 2).map { letters[$0 % letters.count] }
            return Self.nested(middle + ["F"])
        }
        let tooDeep = Result<Int, WireError>.failure(WireError("a field table nested deeper than 32 levels"))
        #expect(Self.check(table(32)) == .success(table(32).count))
        #expect(Self.check(table(33)) == tooDeep)
        #expect(Self.check(table(5000)) == tooDeep)
    }

    @Test("counts levels, not tables")
    func siblings() {
        let sibling = WireBytes.entry("a", "A", .table([0x46], .table()))
        let table = WireBytes.table(.joined(Array(repeating: sibling, count: 1000)))
        #expect(Self.check(table.bytes) == .success(table.bytes.count))
    }
}
