import WarrenTesting

@testable import AMQP

/// Random tables, properties and messages; the same for the same generator.
enum RandomValues {
    static func table(using random: inout SeededGenerator, depth: Int = 0) -> AMQPTable {
        AMQPTable(
            (0..<Int.random(in: 0...4, using: &random)).map { _ in
                AMQPTable.Entry(key: text(using: &random), value: value(using: &random, depth: depth + 1))
            }
        )
    }

    static func value(using random: inout SeededGenerator, depth: Int = 0) -> AMQPValue {
        switch Int.random(in: 0..<(depth > 4 ? 16 : 18), using: &random) {
        case 0: .bool(Bool.random(using: &random))
        case 1: .int8(Int8.random(in: .min ... .max, using: &random))
        case 2: .uint8(UInt8.random(in: .min ... .max, using: &random))
        case 3: .int16(Int16.random(in: .min ... .max, using: &random))
        case 4: .uint16(UInt16.random(in: .min ... .max, using: &random))
        case 5: .int32(Int32.random(in: .min ... .max, using: &random))
        case 6: .uint32(UInt32.random(in: .min ... .max, using: &random))
        case 7: .int64(Int64.random(in: .min ... .max, using: &random))
        case 8: .uint64(UInt64.random(in: .min ... .max, using: &random))
        case 9: .float(Float.random(in: -1...1, using: &random))
        case 10: .double(Double.random(in: -1...1, using: &random))
        case 11: .decimal(scale: 3, value: Int32.random(in: .min ... .max, using: &random))
        case 12: .string(text(using: &random))
        case 13:
            .bytes((0..<Int.random(in: 0...9, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) })
        case 14: .timestamp(Int64.random(in: .min ... .max, using: &random))
        case 15: .void
        case 16: .table(table(using: &random, depth: depth))
        default:
            .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(using: &random, depth: depth + 1) })
        }
    }

    static func text(using random: inout SeededGenerator, upTo limit: Int = 12) -> String {
        let letters = Array("abcdefghij.-öß🐇\u{0}")
        var text = ""
        for _ in 0..<Int.random(in: 0...limit, using: &random) {
            text.append(letters[Int.random(in: 0..<letters.count, using: &random)])
        }
        return text
    }

    static func properties(using random: inout SeededGenerator) -> AMQPProperties {
        func text() -> String? { Bool.random(using: &random) ? RandomValues.text(using: &random) : nil }
        return AMQPProperties(
            contentType: text(),
            contentEncoding: text(),
            headers: Bool.random(using: &random) ? table(using: &random) : [:],
            deliveryMode: [nil, .transient, .persistent].randomElement(using: &random) ?? nil,
            priority: Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : nil,
            correlationID: text(),
            replyTo: text(),
            expiration: text(),
            messageID: text(),
            timestamp: Bool.random(using: &random) ? UInt64.random(in: 0 ... .max, using: &random) : nil,
            type: text(),
            userID: text(),
            appID: text(),
            clusterID: text()
        )
    }
}
