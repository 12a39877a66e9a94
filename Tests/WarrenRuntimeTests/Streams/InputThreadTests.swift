import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@Suite("Reading on a thread")
struct InputThreadTests {
    @Test("gives what is there, chunk by chunk, and then the end")
    func chunks() async throws {
        let pipe = try TestPipe()
        let input = try InputThread(descriptor: pipe.output)
        pipe.write("one")
        #expect(await input.next().text == "one")
        pipe.write("two")
        pipe.closeInput()
        #expect(await input.next().text == "two")
        #expect(await input.next().text == "(end)")
    }

    @Test("ends for a waiting reader when it is stopped, though the pipe stays open and silent")
    func stopping() async throws {
        let pipe = try TestPipe()
        let input = try InputThread(descriptor: pipe.output)
        async let chunk = input.next()
        input.stop()
        #expect(await chunk.text == "(end)")
        pipe.write("late")
        #expect(await input.next().text == "(end)")
    }

    @Test("says why it cannot read")
    func failing() async throws {
        let directory = unsafe open("/", O_RDONLY | O_CLOEXEC)
        try #require(directory >= 0)
        defer { _ = close(directory) }
        let input = try InputThread(descriptor: directory)
        #expect(await input.next().text == "(failed: read: Is a directory)")
    }
}

extension InputThread.Chunk {
    fileprivate var text: String {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .end: "(end)"
        case .failed(let error): "(failed: \(error))"
        }
    }
}
