import WarrenTesting

@testable import AMQP

/// Frames that a broker might send, and more that it never would; the same for the same seed.
struct FuzzedFrames {
    /// Where the connection under fire stands, so that some frames can be to the point.
    struct Position {
        var published: UInt64 = 1
        var delivered: UInt64 = 0
    }

    static let publisher: UInt16 = 1
    static let consumer: UInt16 = 2
    static let caller: UInt16 = 3

    var random: SeededGenerator

    /// Payloads worth mutating: every method, and headers with everything in them.
    private static let payloads: [(type: UInt8, bytes: [UInt8])] =
        ServerMethodTests.all.map { (1, $0.0.bytes) } + headers.map { (2, $0.bytes) } + [(3, [1, 2, 3]), (8, [])]

    private static let headers: [WireBytes] = [
        .header(bodySize: 0), .header(bodySize: 3),
        .header(bodySize: 3, flags: 0x3000, TableScannerTests.all, [2]),
        .header(
            bodySize: 3,
            flags: 0xFFFC,
            .shortString("type"),
            .shortString("encoding"),
            TableScannerTests.all,
            [2, 9],
            .shortString("correlation"),
            .shortString("reply"),
            .shortString("1000"),
            .shortString("id"),
            .number(1_700_000_000 as UInt64),
            .shortString("type"),
            .shortString("user"),
            .shortString("app"),
            .shortString("cluster")
        ),
    ]

    mutating func next(_ position: Position) -> [UInt8] {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<70: return plausible(position)
        case 70..<75:
            let (type, bytes) = payload()
            return frame(type, channel(), bytes)
        case 75..<88:
            let (type, bytes) = payload()
            return frame(type, channel(), mutated(bytes))
        case 88..<95:
            let (type, bytes) = payload()
            return mutated(frame(type, channel(), bytes))
        case 95..<98:
            let (type, bytes) = payload()
            let whole = frame(type, channel(), bytes)
            return Array(whole.prefix(Int.random(in: 0...whole.count, using: &random)))
        default:
            return (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
    }

    // MARK: - To the point

    private mutating func plausible(_ position: Position) -> [UInt8] {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<35:
            return message(
                Self.consumer,
                [0, 60, 0, 60, 0] + number(position.delivered + 1) + [0, 1, 0x65, 1, 0x6B]
            )
        case 35..<70:
            let tag = Bool.random(using: &random) ? position.published - 1 : small(upTo: position.published)
            let nack = Int.random(in: 0..<5, using: &random) == 0
            let multiple = UInt8.random(in: 0...1, using: &random)
            return frame(1, Self.publisher, [0, 60, 0, nack ? 120 : 80] + number(tag) + [multiple])
        case 70..<75:
            return message(Self.publisher, [0, 60, 0, 50, 1, 0x38, 0, 0, 0], stamp: small(upTo: position.published))
        case 75..<77: return message(Self.caller, [0, 60, 0, 71] + number(1) + [0, 0, 0, 0, 0, 0, 0])
        case 77..<79: return frame(1, Self.caller, [0, 60, 0, 72, 0])
        case 79..<84: return frame(1, 0, [0, 10, 0, 60, 1, 0x78])
        case 84..<93: return frame(1, 0, [0, 10, 0, 61])
        case 93..<95: return frame(1, channel(), [0, 60, 0, 30, 0, 0])
        case 95..<97: return frame(1, channel(), [0, 20, 0, 40] + ServerMethodTests.reply.bytes)
        default: return FrameFormat.heartbeatFrame
        }
    }

    /// A message in three frames, or more.
    private mutating func message(_ channel: UInt16, _ method: [UInt8], stamp: UInt64? = nil) -> [UInt8] {
        var header = (Self.headers.randomElement(using: &random) ?? .header(bodySize: 0)).bytes
        if let stamp {
            let table = WireBytes.table(.entry("warren-publish", "l", .number(Int64(clamping: stamp))))
            header = WireBytes.header(bodySize: 3, flags: 0x2000, table).bytes
        }
        var bytes = frame(1, channel, method) + frame(2, channel, header)
        if header[11] > 0 {
            bytes +=
                Bool.random(using: &random)
                ? frame(3, channel, [1, 2, 3]) : frame(3, channel, [1]) + frame(3, channel, [2, 3])
        }
        return bytes
    }

    // MARK: - Anything

    private mutating func payload() -> (type: UInt8, bytes: [UInt8]) {
        Self.payloads[Int.random(in: 0..<Self.payloads.count, using: &random)]
    }

    private mutating func channel() -> UInt16 {
        Int.random(in: 0..<200, using: &random) == 0
            ? UInt16.random(in: 0 ... .max, using: &random) : UInt16.random(in: 0...4, using: &random)
    }

    private mutating func small(upTo limit: UInt64) -> UInt64 { UInt64.random(in: 0...limit, using: &random) }

    private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, at + Int.random(in: 0...4, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(at..<end)
            case 1: bytes.insert(contentsOf: bytes[at..<end], at: at)
            case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
            case 3: if at < bytes.count { bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
            default: if at < bytes.count { bytes[at] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0 }
            }
        }
        return bytes
    }

    private func frame(_ type: UInt8, _ channel: UInt16, _ payload: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count + 8)
        bytes += [type, UInt8(channel >> 8), UInt8(channel & 0xFF), 0, 0]
        bytes += [UInt8(payload.count >> 8 & 0xFF), UInt8(payload.count & 0xFF)]
        bytes += payload
        bytes.append(FrameFormat.endOctet)
        return bytes
    }

    private func number(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }
}
