import Testing

@testable import AMQP

@Suite("What other clients have taught: a connection")
struct CoreLessonsTests {
    @Test("Whatever many tasks have published leaves in one write")
    func oneWrite() async throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 1000)
        try await inParallel(10) { _ in
            for _ in 0..<50 { _ = try core.publish(on: id) }
        }
        let frames = try core.sent()
        // Method and header of each; the bodies are empty.
        #expect(frames.count == 1000)
        #expect(try core.sent() == [])
        core.end()
    }
}
