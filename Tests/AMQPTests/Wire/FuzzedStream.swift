import WarrenTesting

@testable import AMQP

/// The receiving end of a connection: bytes in pieces, frames, events.
struct FuzzedStream: ~Copyable {
    private var parser = FrameParser(frameMax: 4096)
    private var decoder = InboundDecoder(maximumMessageSize: 1 << 20) { _ in true }

    /// Cuts the bytes now and then, as a network does.
    mutating func receive(
        _ bytes: [UInt8],
        using random: inout SeededGenerator
    ) throws(WireError) -> [InboundEvent] {
        let isCut = Int.random(in: 0..<4, using: &random) == 0
        let piece = isCut ? Int.random(in: 1...9, using: &random) : bytes.count
        var events: [InboundEvent] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(piece)
            rest = rest.dropFirst(part.count)
            _ = unsafe parser.fill { target in
                unsafe target.copyBytes(from: part)
                return .bytes(part.count)
            }
            while let frame = try parser.next() {
                if let event = try decoder.decode(frame) { events.append(event) }
            }
        }
        return events
    }
}
