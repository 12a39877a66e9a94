/// A time-ordered UUID (RFC 9562, section 5.7): 48 bits of milliseconds, then a counter, then chance.
public struct UUIDv7: Sendable, Hashable, Comparable, CustomStringConvertible {
    private let high: UInt64
    private let low: UInt64

    package init(milliseconds: UInt64, counter: UInt16, random: UInt64) {
        high = milliseconds << 16 | 0x7000 | UInt64(counter & 0xFFF)
        low = 0b10 << 62 | random >> 2
    }

    /// The time in it, in milliseconds since 1970.
    public var milliseconds: UInt64 { high >> 16 }

    /// Thirty-two lower-case hexadecimal digits and four hyphens.
    public var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(36)
        for position in 0..<32 {
            if position == 8 || position == 12 || position == 16 || position == 20 { text.append(UInt8(ascii: "-")) }
            let half = position < 16 ? high : low
            let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - position % 16 * 4)) & 0xF
            text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Ordered as the text is.
    public static func < (left: UUIDv7, right: UUIDv7) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }
}
