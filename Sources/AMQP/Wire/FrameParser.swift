import WarrenRuntime

/// One whole frame; its payload lives in the parser's buffer until the next `fill`.
@safe
struct Frame {
    let type: UInt8
    let channel: UInt16
    let payload: UnsafeRawBufferPointer
}

/// Cuts the peer's byte stream into frames.
///
/// Framing is done here and not by rabbitmq-c's connection object, which mis-parses its first frame, copies every body
/// once more, keeps its memory for ever and can abort the process.
@safe
struct FrameParser: ~Copyable {
    /// How much one read takes at most.
    static let readSize = 256 * 1024

    private let storage: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    private var sawFirstFrame = false

    /// The largest frame the peer may send, from the negotiation.
    var frameMax: Int

    init(frameMax: Int) {
        self.frameMax = frameMax
        unsafe storage = .allocate(byteCount: max(Self.readSize, frameMax) + FrameFormat.overhead, alignment: 16)
    }

    deinit {
        unsafe storage.deallocate()
    }

    /// Reads once into the free part of the buffer.
    ///
    /// Ends the life of all frames handed out so far.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> IOResult) -> IOResult {
        if start > 0 {
            if end > start {
                unsafe storage.copyMemory(from: UnsafeRawBufferPointer(rebasing: storage[start..<end]))
            }
            end -= start
            start = 0
        }
        let result = unsafe read(UnsafeMutableRawBufferPointer(rebasing: storage[end...]))
        if case .bytes(let count) = result {
            end = unsafe min(end + max(0, count), storage.count)
        }
        return result
    }

    /// The next whole frame, or `nil` when more bytes are needed.
    mutating func next() throws(WireError) -> Frame? {
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: storage[start..<end])
        guard let type = unsafe bytes.first else { return nil }
        unsafe try checkType(type, bytes)
        guard let channel = unsafe bytes.bigEndian(UInt16.self, at: 1),
            let size = unsafe bytes.bigEndian(UInt32.self, at: 3)
        else { return nil }
        guard Int(size) <= frameMax - FrameFormat.overhead else {
            throw WireError("a frame of \(size) bytes, more than the agreed frame-max of \(frameMax)")
        }
        let total = Int(size) + FrameFormat.overhead
        guard bytes.count >= total else { return nil }
        guard unsafe bytes[total - 1] == FrameFormat.endOctet else {
            throw WireError("a frame that does not end with 0xCE")
        }
        sawFirstFrame = true
        start += total
        let payload = unsafe UnsafeRawBufferPointer(rebasing: bytes[FrameFormat.headerSize..<(total - 1)])
        return unsafe Frame(type: type, channel: channel, payload: payload)
    }

    private func checkType(_ type: UInt8, _ bytes: UnsafeRawBufferPointer) throws(WireError) {
        switch type {
        case FrameFormat.method, FrameFormat.contentHeader, FrameFormat.body, FrameFormat.heartbeat:
            return
        case UInt8(ascii: "A") where !sawFirstFrame:
            // A peer that refuses our version answers with the protocol header of its own (section 4.2.2).
            throw WireError("it answered with another protocol version: \(unsafe Self.printable(bytes.prefix(8)))")
        default:
            throw WireError("bytes that are no AMQP frame: \(unsafe Self.printable(bytes.prefix(16)))")
        }
    }

    private static func printable(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var text = "'"
        for index in unsafe bytes.indices {
            let byte = unsafe bytes[index]
            if (0x20...0x7E).contains(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += "\\" + String(byte, radix: 16)
            }
        }
        return text + "'"
    }
}
