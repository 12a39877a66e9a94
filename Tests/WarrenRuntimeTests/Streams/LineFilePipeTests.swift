import Glibc
import Testing
import WarrenTesting

@testable import WarrenRuntime

@Suite("A file of lines that is a pipe or a device")
struct LineFilePipeTests {
    private let pipe: TestPipe
    private let calls = CallsUnderTest()
    private let file: LineFile

    init() throws {
        pipe = try TestPipe()
        file = try LineFile(path: "/proc/self/fd/\(pipe.input)", calls: calls.calls) { _ in false }
    }

    @Test("has what was written, and is not flushed")
    func written() async throws {
        try await file.append("a")
        #expect(pipe.read() == Array("a\n".utf8))
        #expect(calls.value.flushes == 0)
        #expect(file.repair == nil)
        await file.close()
    }

    @Test("is not locked: many processes share a terminal")
    func shared() async throws {
        let other = try LineFile(path: file.path) { _ in false }
        try await file.append("a")
        try await other.append("b")
        #expect(pipe.read() == Array("a\nb\n".utf8))
        await file.close()
        await other.close()
    }

    @Test("waits for its reader while it is full")
    func full() async throws {
        let line = String(repeating: "x", count: 1 << 20)
        async let appended: Void = file.append(line)
        try await eventually("it is full") { pipe.isFull }
        pipe.closeInput()
        async let all = pipe.readAll()
        try await appended
        await file.close()
        #expect(try await all == line + "\n")
    }

    @Test("can be closed while it is full")
    func closedWhileFull() async throws {
        let append = Task { try await file.append(String(repeating: "x", count: 1 << 20)) }
        try await eventually("it is full") { pipe.isFull }
        await file.close()
        let error = await #expect(throws: LineFile.Failure.self) { try await append.value }
        #expect(error?.code == .closed)
    }

    @Test("makes a part of a line that got in a line of its own")
    func torn() async throws {
        calls.change { $0.room = 2 }
        await #expect(throws: LineFile.Failure.self) { try await file.append("1234") }
        calls.change { $0.room = .max }
        try await file.append("56")
        #expect(pipe.read() == Array("12\n56\n".utf8))
        await file.close()
    }

    @Test("says when nobody reads")
    func unread() async throws {
        pipe.closeOutput()
        let error = await #expect(throws: LineFile.Failure.self) { try await file.append("a") }
        #expect(error?.description == "'\(file.path)': write: Broken pipe")
        await file.close()
    }

    @Test("says that there is no room, as the system does")
    func noRoom() async throws {
        await file.close()
        let full = try LineFile(path: "/dev/full") { _ in true }
        let error = await #expect(throws: LineFile.Failure.self) { try await full.append("a") }
        #expect(error?.description == "'/dev/full': write: No space left on device")
        await full.close()
    }
}
