/// Cuts what a client sends into frames.
struct FrameParser: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    private var hasHeader = false
    /// Why nothing more can be read: what follows a broken frame is noise.
    private(set) var failure: WarrenTestingError?

    /// Takes bytes in, and gives the frames that are complete with them.
    mutating func feed(_ bytes: ArraySlice<UInt8>) -> [ScriptedBroker.Frame] {
        guard failure == nil else { return [] }
        buffer += bytes
        var frames: [ScriptedBroker.Frame] = []
        while let frame = next() { frames.append(frame) }
        buffer.removeFirst(start)
        start = 0
        return frames
    }

    private mutating func next() -> ScriptedBroker.Frame? {
        let available = buffer.count - start
        guard hasHeader else {
            guard available >= 8 else { return nil }
            hasHeader = true
            defer { start += 8 }
            return ScriptedBroker.Frame(protocolHeader: Array(buffer[start..<start + 8]))
        }
        guard available >= 7 else { return nil }
        let numbers = buffer[start..<start + 7].map(Int.init)
        let size = numbers[3] << 24 | numbers[4] << 16 | numbers[5] << 8 | numbers[6]
        guard available >= size + 8 else { return nil }
        let payload = start + 7..<start + 7 + size
        guard buffer[payload.upperBound] == ScriptedBroker.Frame.end else {
            failure = WarrenTestingError(
                .malformedFrame,
                "the client sent a frame of \(size) bytes that does not end with 0xCE"
            )
            return nil
        }
        start = payload.upperBound + 1
        return ScriptedBroker.Frame(
            type: UInt8(numbers[0]),
            channel: UInt16(numbers[1] << 8 | numbers[2]),
            payload: Array(buffer[payload])
        )
    }
}
