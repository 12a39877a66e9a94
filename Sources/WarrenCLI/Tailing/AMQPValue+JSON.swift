import AMQP
import FoundationEssentials
import Warren

extension AMQPValue {
    /// The value in JSON; what JSON has no kind for is an object with one member that names it.
    func json() -> [UInt8] {
        switch self {
        case .bool(let value): Array("\(value)".utf8)
        case .int8(let number): Array("\(number)".utf8)
        case .uint8(let number): Array("\(number)".utf8)
        case .int16(let number): Array("\(number)".utf8)
        case .uint16(let number): Array("\(number)".utf8)
        case .int32(let number): Array("\(number)".utf8)
        case .uint32(let number): Array("\(number)".utf8)
        case .int64(let number): Array("\(number)".utf8)
        case .uint64(let number): Array("\(number)".utf8)
        case .float(let number): number.isFinite ? Array("\(number)".utf8) : Self.named("float", text: "\(number)")
        case .double(let number): number.isFinite ? Array("\(number)".utf8) : Self.named("double", text: "\(number)")
        case .decimal(let scale, let value): Self.named("decimal", #"{"scale":\#(scale),"value":\#(value)}"#.utf8)
        case .string(let text): Self.quoted(text)
        case .bytes(let bytes): Self.named("base64", text: Data(bytes).base64EncodedString())
        case .timestamp(let seconds): Self.named("timestamp", "\(seconds)".utf8)
        case .array(let values): Self.list(values.map { $0.json() })
        case .table(let table): Self.object(table)
        case .void: Array("null".utf8)
        }
    }

    private static func object(_ table: AMQPTable) -> [UInt8] {
        var members = JSONMembers()
        for entry in table { members.append(key: entry.key, validJSON: entry.value.json()) }
        return members.json()
    }

    private static func list(_ values: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "[")] + values.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    private static func named(_ key: String, _ json: some Collection<UInt8>) -> [UInt8] {
        var members = JSONMembers()
        members.append(key: key, validJSON: json)
        return members.json()
    }

    private static func named(_ key: String, text: String) -> [UInt8] {
        named(key, quoted(text))
    }

    private static func quoted(_ text: String) -> [UInt8] {
        var json: [UInt8] = []
        JSONText.append(text, to: &json)
        return json
    }
}
