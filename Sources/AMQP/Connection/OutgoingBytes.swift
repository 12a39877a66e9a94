import Glibc
import WarrenRuntime

/// Frames on their way out: one run of bytes, with large bodies spliced in by reference.
struct OutgoingBytes: ~Copyable {
    /// Bodies larger than this are never copied.
    static let spliceThreshold = 64 * 1024

    /// How far a write got.
    enum Progress: Equatable {
        case done
        case blocked
        case failed(String)
    }

    private struct Splice {
        let offset: Int
        let body: [UInt8]
        let range: Range<Int>
    }

    var bytes = ByteBuffer()
    private var splices: [Splice] = []
    private var splicedSize = 0
    private var sent = 0
    private var splicesSent = 0
    private var sentOfSplice = 0

    /// How many bytes were put in.
    var count: Int { bytes.count + splicedSize }

    var isEmpty: Bool { bytes.isEmpty }

    /// Appends a message body as frames of at most `frameMax` bytes.
    mutating func appendBody(_ body: [UInt8], channel: UInt16, frameMax: Int) {
        let chunk = frameMax - FrameFormat.overhead
        var start = 0
        while start < body.count {
            let range = start..<min(start + chunk, body.count)
            if body.count > Self.spliceThreshold {
                appendFrameHeader(FrameFormat.body, channel, size: range.count)
                splices.append(Splice(offset: bytes.count, body: body, range: range))
                splicedSize += range.count
                bytes.append([FrameFormat.endOctet])
            } else {
                appendFrame(FrameFormat.body, channel, body, range)
            }
            start = range.upperBound
        }
    }

    private mutating func appendFrameHeader(_ type: UInt8, _ channel: UInt16, size: Int) {
        unsafe bytes.append(capacity: FrameFormat.headerSize) { target in
            unsafe target.storeBigEndian(type, at: 0)
            unsafe target.storeBigEndian(channel, at: 1)
            unsafe target.storeBigEndian(UInt32(size), at: 3)
            return FrameFormat.headerSize
        }
    }

    private mutating func appendFrame(_ type: UInt8, _ channel: UInt16, _ body: [UInt8], _ range: Range<Int>) {
        let size = range.count + FrameFormat.overhead
        unsafe bytes.append(capacity: size) { target in
            unsafe target.storeBigEndian(type, at: 0)
            unsafe target.storeBigEndian(channel, at: 1)
            unsafe target.storeBigEndian(UInt32(range.count), at: 3)
            unsafe body.withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: target[FrameFormat.headerSize...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
            }
            unsafe target.storeBigEndian(FrameFormat.endOctet, at: size - 1)
            return size
        }
    }

    /// Writes on from where the last write stopped.
    mutating func write(to transport: Transport) -> Progress {
        while sent < bytes.count || splicesSent < splices.count {
            switch step(transport) {
            case .bytes(let count): advance(by: count)
            case .wouldBlock: return .blocked
            case .endOfStream: return .failed("the connection was closed")
            case .failed(let reason): return .failed(reason)
            }
        }
        return .done
    }

    private func step(_ transport: Transport) -> IOResult {
        guard splicesSent < splices.count else {
            return unsafe bytes.withUnsafeBytes { bytes in
                unsafe transport.write(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
            }
        }
        let splice = splices[splicesSent]
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe splice.body.withUnsafeBytes { body in
                let before = unsafe bytes[sent..<splice.offset]
                let rest = unsafe body[(splice.range.lowerBound + sentOfSplice)..<splice.range.upperBound]
                let vectors = unsafe [Self.vector(before), Self.vector(rest)]
                return unsafe vectors.withUnsafeBufferPointer { unsafe transport.writeVectors($0) }
            }
        }
    }

    private static func vector(_ bytes: Slice<UnsafeRawBufferPointer>) -> iovec {
        let buffer = unsafe UnsafeRawBufferPointer(rebasing: bytes)
        return unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress), iov_len: buffer.count)
    }

    private mutating func advance(by count: Int) {
        let next = splicesSent < splices.count ? splices[splicesSent].offset : bytes.count
        let plain = min(count, next - sent)
        sent += plain
        guard count > plain else { return }
        sentOfSplice += count - plain
        if sentOfSplice >= splices[splicesSent].range.count {
            splicesSent += 1
            sentOfSplice = 0
        }
    }

    /// Forgets everything and keeps up to `keeping` bytes of memory.
    mutating func reset(keeping: Int) {
        bytes.removeAll(keeping: keeping)
        splices.removeAll()
        splicedSize = 0
        sent = 0
        splicesSent = 0
        sentOfSplice = 0
    }
}
