import Testing
import WarrenTesting

@testable import AMQP

@Suite("A field table")
struct TableRoundTripTests {
    /// Sends a table as client properties, and reads the same bytes as a broker's.
    private static func roundTrip(_ table: AMQPTable) throws -> AMQPTable {
        let startOK = try ClientMethod.connectionStartOK(
            clientProperties: table,
            mechanism: "",
            response: []
        ).payload(frameMax: 1 << 20)
        let size = try TableSize.encoded(table)
        let bytes = startOK.bytes[4..<(4 + size)]
        let start = WireBytes.method(10, 10, [0, 9], WireBytes(Array(bytes)), .longString(""), .longString(""))
        guard case .connectionStart(let greeting) = try ServerMethod.decoding(start) else { return [:] }
        return greeting.properties
    }

    @Test(
        "brings back every value as it was",
        arguments: [
            .bool(true), .bool(false), .int8(.min), .int8(.max), .uint8(.max), .int16(.min), .int16(.max),
            .uint16(.max), .int32(.min), .int32(.max), .uint32(.max), .int64(.min), .int64(.max), .int64(0),
            .uint64(.max), .uint64(1 << 63), .float(0), .float(-.greatestFiniteMagnitude),
            .float(.leastNonzeroMagnitude),
            .double(.pi), .double(-0.0), .double(.greatestFiniteMagnitude), .decimal(scale: 255, value: .max),
            .decimal(scale: 0, value: .min), .string(""), .string("ö\u{0}🐇"), .bytes([]), .bytes([0, 0xFF]),
            .timestamp(.min), .timestamp(.max), .array([]),
            .array([.void, .array([.bool(true)]), .table(["a": .void])]), .table([:]),
            .table(["a": .table(["b": .array([])])]), .void,
        ] as [AMQPValue]
    )
    func values(value: AMQPValue) throws {
        #expect(try Self.roundTrip(["key": value]) == ["key": value])
        let nested: AMQPTable = ["a": .array([value, value]), "t": .table(["": value])]
        #expect(try Self.roundTrip(nested) == nested)
    }

    @Test("reads numbers that are not finite, from a broker that has them")
    func notFinite() throws {
        let table = WireBytes.table(
            .entry("f", "f", .number((-Float.infinity).bitPattern)),
            .entry("d", "d", .number(Double.nan.bitPattern))
        )
        let start = WireBytes.method(10, 10, [0, 9], table, .longString(""), .longString(""))
        guard case .connectionStart(let greeting) = try ServerMethod.decoding(start),
            case .double(let double) = greeting.properties["d"]
        else {
            Issue.record("no greeting, or one without its number")
            return
        }
        #expect(greeting.properties["f"] == .float(-.infinity) && double.isNaN)
    }

    @Test("sends an unsigned integer as a signed one where it fits, because brokers differ in how they read it")
    func unsigned() throws {
        let fitting: [UInt64] = [0, 1, UInt64(Int64.max)]
        for number in fitting { #expect(try Self.roundTrip(["n": .uint64(number)]) == ["n": .int64(Int64(number))]) }
        let bytes = try ClientMethod.connectionStartOK(
            clientProperties: ["n": .uint64(1 << 63)],
            mechanism: "",
            response: []
        ).payload().bytes
        #expect(Array(bytes[8..<19]) == [1, 0x6E, 0x4C, 0x80, 0, 0, 0, 0, 0, 0, 0])
    }

    @Test("sends decimals and times with their sign, as other clients do")
    func negative() throws {
        let bytes = try ClientMethod.connectionStartOK(
            clientProperties: ["D": .decimal(scale: 2, value: -314), "T": .timestamp(-2)],
            mechanism: "",
            response: []
        ).payload().bytes
        let entries: [WireBytes] = [
            .entry("D", "D", [2, 0xFF, 0xFF, 0xFE, 0xC6]), .entry("T", "T", .number(-2 as Int64)),
        ]
        #expect(Array(bytes[8..<27]) == WireBytes.joined(entries).bytes)
    }

    @Test("reads text that is no UTF-8 as bytes, and loses none of them")
    func invalidText() throws {
        let start = WireBytes.method(
            10,
            10,
            [0, 9],
            .table(.entry("a", "S", .longString([0xC3, 0x28])), .entry("b", "S", .longString("ö"))),
            .longString(""),
            .longString("")
        )
        guard case .connectionStart(let greeting) = try ServerMethod.decoding(start) else {
            Issue.record("no greeting")
            return
        }
        #expect(greeting.properties == ["a": .bytes([0xC3, 0x28]), "b": "ö"])
    }

    @Test("keeps the order of its keys, also one that stands twice")
    func order() throws {
        let entries = ["z", "a", "z", "", "ö"].enumerated().map { index, key in
            AMQPTable.Entry(key: key, value: .int64(Int64(index)))
        }
        #expect(try Self.roundTrip(AMQPTable(entries)) == AMQPTable(entries))
    }

    @Test("reads every type that brokers send")
    func everyType() throws {
        let start = WireBytes.method(10, 10, [0, 9], TableScannerTests.all, .longString(""), .longString(""))
        guard case .connectionStart(let greeting) = try ServerMethod.decoding(start) else {
            Issue.record("no greeting")
            return
        }
        #expect(
            greeting.properties == [
                "t": true, "b": .int8(-1), "B": .uint8(255), "s": .int16(-2), "u": .uint16(65534),
                "I": .int32(-2), "i": .uint32(.max), "l": .int64(.min), "L": .uint64(.max), "f": .float(1.5),
                "d": .double(-1.5), "D": .decimal(scale: 2, value: 314), "S": "text", "x": .bytes([0, 0xFF]),
                "T": .timestamp(1_700_000_000), "V": .void,
                "A": .array([true, .void, .array([])]), "F": .table(["": .table([:]), "n": .void]),
            ]
        )
    }

    @Test("is measured to the byte before it is encoded")
    func sizes() throws {
        var random = SeededGenerator(seed: 0x7AB1E)
        for _ in 0..<500 {
            let table = RandomValues.table(using: &random)
            let size = try TableSize.encoded(table)
            let payload = try ClientMethod.connectionStartOK(
                clientProperties: table,
                mechanism: "",
                response: []
            ).payload(frameMax: 1 << 20)
            // Class, method; the empty mechanism and response; the locale.
            #expect(payload.bytes.count == 4 + size + 1 + 4 + 6)
            #expect(try TableSize.encoded(Self.roundTrip(table)) == size)
        }
    }
}
