import WarrenRuntime

@testable import AMQP

/// Bytes put together by hand, as AMQP 0-9-1 (section 4.2) lays them out.
struct WireBytes: ExpressibleByArrayLiteral, Equatable {
    var bytes: [UInt8] = []

    init(_ bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    init(arrayLiteral elements: UInt8...) {
        bytes = elements
    }

    /// A big-endian integer.
    static func number(_ number: some FixedWidthInteger) -> WireBytes {
        WireBytes(unsafe withUnsafeBytes(of: number.bigEndian) { unsafe Array($0) })
    }

    static func shortString(_ text: String) -> WireBytes {
        WireBytes([UInt8(text.utf8.count)] + Array(text.utf8))
    }

    static func longString(_ bytes: [UInt8]) -> WireBytes {
        WireBytes(number(UInt32(bytes.count)).bytes + bytes)
    }

    static func longString(_ text: String) -> WireBytes { longString(Array(text.utf8)) }

    /// A field table of encoded entries.
    static func table(_ entries: WireBytes...) -> WireBytes { longString(entries.flatMap(\.bytes)) }

    /// One entry of a table: key, type letter, value.
    static func entry(_ key: String, _ letter: Unicode.Scalar, _ value: WireBytes) -> WireBytes {
        joined([shortString(key), [UInt8(truncatingIfNeeded: letter.value)], value])
    }

    /// A method's payload: class, method, arguments.
    static func method(_ classID: UInt16, _ methodID: UInt16, _ arguments: WireBytes...) -> WireBytes {
        joined([.number(classID), .number(methodID)] + arguments)
    }

    static func joined(_ parts: [WireBytes]) -> WireBytes {
        WireBytes(parts.flatMap(\.bytes))
    }

    static func frame(_ type: UInt8, _ channel: UInt16, _ payload: WireBytes) -> WireBytes {
        joined([[type], .number(channel), longString(payload.bytes), [0xCE]])
    }

    /// A content header of class basic.
    static func header(bodySize: UInt64, flags: UInt16 = 0, _ properties: WireBytes...) -> WireBytes {
        joined([.number(60 as UInt16), .number(0 as UInt16), .number(bodySize), .number(flags)] + properties)
    }
}

extension ClientMethod {
    /// The payload of the method's frame, checked to be one frame.
    func payload(channel: UInt16 = 1, frameMax: Int = 131_072) throws -> WireBytes {
        let bytes = try encoded(channel: channel, frameMax: frameMax)
        let payload = WireBytes(Array(bytes.dropFirst(7).dropLast()))
        guard WireBytes.frame(1, channel, payload).bytes == bytes else { throw NotOneFrame() }
        return payload
    }

    func encoded(channel: UInt16 = 1, frameMax: Int = 131_072) throws(AMQPError) -> [UInt8] {
        var encoder = MethodEncoder()
        var buffer = ByteBuffer()
        try encoder.append(self, channel: channel, frameMax: frameMax, to: &buffer)
        return buffer.array
    }

    struct NotOneFrame: Error {}
}

extension ByteBuffer {
    var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}

extension ServerMethod {
    /// Decodes a method's payload.
    static func decoding(_ payload: WireBytes) throws(WireError) -> ServerMethod {
        var decoder = MethodDecoder()
        let result = unsafe payload.bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in unsafe try decoder.decode(bytes) }
        }
        return try result.get()
    }
}

extension PropertiesDecoder {
    /// Decodes the payload of a content header.
    mutating func decode(_ header: WireBytes) throws(WireError) -> AMQPProperties {
        let result = unsafe header.bytes.withUnsafeBytes { bytes in
            Result { () throws(WireError) in unsafe try decode(bytes).properties.value }
        }
        return try result.get()
    }
}

extension AMQPProperties {
    /// Decodes the payload of a content header with a decoder of its own.
    static func decoding(_ header: WireBytes) throws(WireError) -> AMQPProperties {
        var decoder = PropertiesDecoder()
        return try decoder.decode(header)
    }
}
