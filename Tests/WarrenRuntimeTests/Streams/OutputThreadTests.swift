import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@Suite("Writing on a thread")
struct OutputThreadTests {
    @Test("writes everything, in order, also what does not fit the pipe")
    func order() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        async let all = pipe.readAll()
        for number in 0..<50_000 { try await output.write(Array("\(number)\n".utf8)) }
        await output.finish()
        pipe.closeInput()
        #expect(try await all == (0..<50_000).map { "\($0)\n" }.joined())
    }

    @Test("says when nobody reads any more, at once and for ever")
    func closed() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        pipe.closeOutput()
        await #expect(throws: OutputThread.Failure.closed) {
            try await output.write([1])
            try await output.flush()
        }
        await #expect(throws: OutputThread.Failure.closed) { try await output.write([2]) }
        await #expect(throws: OutputThread.Failure.closed) { try await output.flush() }
        await output.finish()
    }

    @Test("notices that nobody reads any more though there is nothing to write")
    func unread() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        async let failure = output.failure()
        pipe.closeOutput()
        #expect(await failure == .closed)
        await output.finish()
    }

    @Test("lets a cancelled writer go while the reader sleeps")
    func cancelled() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        let task = Task {
            while true { try await output.write([UInt8](repeating: 0, count: 1 << 18)) }
        }
        // When the pipe is full and nobody takes anything the writer can only wait.
        try await eventually("the pipe is full", within: .seconds(60)) { pipe.isFull }
        task.cancel()
        await #expect(throws: OutputThread.Failure.cancelled) { try await task.value }
        pipe.closeOutput()
        await output.finish()
    }

    @Test("lets one waiter go that is cancelled, and keeps the others waiting")
    func waiters() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        try await output.write([UInt8](repeating: 0, count: 1 << 20))
        try await eventually("the pipe is full", within: .seconds(60)) { pipe.isFull }
        let (first, second) = (Task { try await output.flush() }, Task { try await output.flush() })
        first.cancel()
        await #expect(throws: OutputThread.Failure.cancelled) { try await first.value }
        async let read = pipe.readAll()
        try await second.value
        await output.finish()
        pipe.closeInput()
        #expect(try await read.utf8.count == 1 << 20)
    }

    @Test("lets whoever ends it go, once it is cancelled, though the reader sleeps")
    func stalled() async throws {
        let pipe = try TestPipe()
        let output = try OutputThread(descriptor: pipe.input)
        try await output.write([UInt8](repeating: 0, count: 1 << 20))
        try await eventually("the pipe is full", within: .seconds(60)) { pipe.isFull }
        let end = Task { await output.finish() }
        end.cancel()
        #expect(await end.value == false)
        pipe.closeOutput()
        #expect(await output.finish())
    }
}
