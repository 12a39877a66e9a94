import AMQP
import Testing

@Suite("A table of headers or arguments")
struct AMQPTableTests {
    @Test("keeps the order of its literal, and finds values by key")
    func literal() {
        let table: AMQPTable = ["z": 1, "a": "text", "m": true]
        #expect(table.map(\.key) == ["z", "a", "m"])
        #expect(table["a"] == "text")
        #expect(table["b"] == nil)
        #expect(table.count == 3 && !table.isEmpty)
        #expect(AMQPTable().isEmpty)
    }

    @Test("replaces a value in its place, appends a new one, removes a key")
    func set() {
        var table: AMQPTable = ["a": 1, "b": 2]
        table["a"] = 3
        table["c"] = 4
        #expect(table == ["a": 3, "b": 2, "c": 4])
        table["b"] = nil
        table["never there"] = nil
        #expect(table == ["a": 3, "c": 4])
    }

    @Test("keeps a key that stands twice: reads and sets the first, removes both")
    func twice() {
        let entries = [("a", 1), ("b", 2), ("a", 3)].map { AMQPTable.Entry(key: $0.0, value: .int64($0.1)) }
        var table = AMQPTable(entries)
        #expect(table.count == 3)
        #expect(table["a"] == 1)
        table["a"] = 9
        #expect(table.entries.map(\.value) == [9, 2, 3])
        table["a"] = nil
        #expect(table == ["b": 2])
    }

    @Test("equals another with the same entries in the same order")
    func equality() {
        let table: AMQPTable = ["a": 1, "b": .table(["c": .array([.void])])]
        #expect(table == ["a": 1, "b": .table(["c": .array([.void])])])
        #expect(table.hashValue == AMQPTable(table.entries).hashValue)
        #expect(table != ["b": .table(["c": .array([.void])]), "a": 1])
        #expect(AMQPTable([AMQPTable.Entry(key: "a", value: .int32(1))]) != ["a": .int64(1)])
    }

    @Test("has numbers of any width as integers, where they fit")
    func integers() {
        let numbers: [(AMQPValue, Int?)] = [
            (.int8(-1), -1), (.uint8(255), 255), (.int16(-300), -300), (.uint16(65535), 65535),
            (.int32(.min), Int(Int32.min)), (.uint32(.max), Int(UInt32.max)), (.int64(.min), .min), (7, 7),
            (.uint64(7), 7), (.uint64(.max), nil), (.timestamp(1_700_000_000), 1_700_000_000), (.timestamp(-1), -1),
            (.bool(true), nil), (.double(1), nil), ("1", nil), (.void, nil), (.array([1]), nil),
        ]
        for (value, integer) in numbers { #expect(value.integer == integer, "\(value)") }
    }

    @Test("has texts only where they are texts")
    func strings() {
        #expect(AMQPValue.string("a").string == "a")
        #expect(AMQPValue.bytes([0x61]).string == nil)
        #expect(AMQPValue.int64(1).string == nil)
    }
}
