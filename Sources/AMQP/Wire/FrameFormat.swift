import Glibc

/// The shape of a frame (AMQP 0-9-1, section 4.2.3): type, channel, payload size, payload, end octet.
enum FrameFormat {
    static let headerSize = 7
    static let overhead = 8
    static let endOctet: UInt8 = 0xCE

    static let method: UInt8 = 1
    static let contentHeader: UInt8 = 2
    static let body: UInt8 = 3
    static let heartbeat: UInt8 = 8

    /// What a client sends first.
    static let protocolHeader: [UInt8] = [0x41, 0x4D, 0x51, 0x50, 0, 0, 9, 1]
    static let heartbeatFrame: [UInt8] = [heartbeat, 0, 0, 0, 0, 0, 0, endOctet]

    /// The smallest frame-max a peer may ask for (AMQP 0-9-1, section 4.2.3, `frame-min-size`).
    static let minimumFrameMax = 4096

    /// RabbitMQ takes no message larger than this, whatever its configuration.
    static let largestMessage: UInt64 = 512 << 20

    /// Content class of every message.
    static let basicClass: UInt16 = 60
}

extension UnsafeRawBufferPointer {
    /// A big-endian integer at `offset`, or `nil` when it does not lie inside.
    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type = Number.self, at offset: Int) -> Number? {
        guard offset >= 0, offset <= count - MemoryLayout<Number>.size else { return nil }
        return unsafe Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: Number.self))
    }

    /// Whether the bytes are the same.
    func holdsSame(as other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let bytes = baseAddress, let others = other.baseAddress else { return true }
        return unsafe memcmp(bytes, others, count) == 0
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Writes a big-endian integer at `offset`, which must lie inside.
    func storeBigEndian<Number: FixedWidthInteger>(_ number: Number, at offset: Int) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size, "write outside the buffer")
        unsafe storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
}
