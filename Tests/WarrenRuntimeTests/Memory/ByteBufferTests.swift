import Testing
import WarrenRuntime

@Suite("Byte buffer")
struct ByteBufferTests {
    private func bytes(of buffer: borrowing ByteBuffer) -> [UInt8] {
        unsafe buffer.withUnsafeBytes { unsafe Array($0) }
    }

    @Test("It begins empty and needs no memory for that")
    func empty() {
        let buffer = ByteBuffer()
        #expect(buffer.isEmpty == true)
        #expect(buffer.count == 0)
        #expect(buffer.capacity == 0)
        #expect(bytes(of: buffer) == [])
    }

    @Test("What is appended comes back in its order, through every growth")
    func append() {
        var buffer = ByteBuffer()
        var expected: [UInt8] = []
        for length in [1, 0, 4095, 1, 4096, 3, 100_000, 1] {
            let piece = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
            buffer.append(piece)
            expected += piece
            #expect(buffer.count == expected.count)
            #expect(buffer.capacity >= buffer.count)
        }
        #expect(bytes(of: buffer) == expected)
    }

    @Test("Another buffer can be appended")
    func appendBuffer() {
        var buffer = ByteBuffer()
        var other = ByteBuffer()
        other.append([3, 4])
        buffer.append([1, 2])
        buffer.append(other)
        #expect(bytes(of: buffer) == [1, 2, 3, 4])
        #expect(bytes(of: other) == [3, 4])
    }

    @Test("Of a reserved space, only what was written counts")
    func reserved() {
        var buffer = ByteBuffer()
        unsafe buffer.append(capacity: 10_000) { space in
            #expect(space.count == 10_000)
            unsafe space[0] = 7
            unsafe space[1] = 8
            return 2
        }
        unsafe buffer.append(capacity: 0) { _ in 0 }
        #expect(bytes(of: buffer) == [7, 8])
    }

    @Test("A writer that throws leaves the buffer as it was")
    func throwing() {
        struct Failure: Error {}
        var buffer = ByteBuffer()
        buffer.append([1])
        do {
            try unsafe buffer.append(capacity: 8) { (_) throws(Failure) in throw Failure() }
            Issue.record("the error was swallowed")
        } catch {
            #expect(bytes(of: buffer) == [1])
        }
    }

    @Test("Written bytes can be overwritten in place")
    func overwrite() {
        var buffer = ByteBuffer()
        buffer.append([1, 2, 3])
        unsafe buffer.withUnsafeMutableBytes { unsafe $0[1] = 9 }
        #expect(bytes(of: buffer) == [1, 9, 3])
    }

    @Test("Emptied, it keeps its memory up to a limit", arguments: [(4096, 4096), (4095, 0), (0, 0), (.max, 4096)])
    func removeAll(keeping: Int, kept: Int) {
        var buffer = ByteBuffer()
        buffer.append([1, 2, 3])
        buffer.removeAll(keeping: keeping)
        #expect(buffer.isEmpty == true)
        #expect(buffer.capacity == kept)
        buffer.append([4])
        #expect(bytes(of: buffer) == [4])
    }

    @Test("A writer that claims more than its space ends the process")
    func overrun() async {
        await #expect(processExitsWith: .failure) {
            var buffer = ByteBuffer()
            unsafe buffer.append(capacity: 8) { _ in 9 }
        }
    }
}
