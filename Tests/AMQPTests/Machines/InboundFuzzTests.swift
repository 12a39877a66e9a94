import FoundationEssentials
import Testing
import WarrenTesting

@testable import AMQP

@Suite("A connection whose broker sends anything at all")
struct InboundFuzzTests {
    /// As many inputs as `WARREN_FUZZ_INPUTS` says, beginning with the seed in `WARREN_FUZZ_SEED`.
    private static func setting(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    private static let seed = UInt64(clamping: setting("WARREN_FUZZ_SEED") ?? 1)

    @Test("decodes it or says what is wrong with it")
    func decoding() async throws {
        let inputs = Self.setting("WARREN_FUZZ_INPUTS") ?? 160_000
        try await onThread {
            var frames = FuzzedFrames(random: SeededGenerator(seed: Self.seed))
            var stream = FuzzedStream()
            var events = 0
            var violations = 0
            for number in 0..<inputs {
                let position = FuzzedFrames.Position(published: 5, delivered: UInt64(number))
                do throws(WireError) {
                    events += try stream.receive(frames.next(position), using: &frames.random).count
                } catch {
                    try #require(!error.message.isEmpty)
                    violations += 1
                    stream = FuzzedStream()
                }
            }
            // Else the inputs were all of one sort, and surviving them worth little.
            #expect(events > inputs / 3 && violations > inputs / 10, "\(events) events, \(violations) violations")
        }
    }

    @Test("sends nothing but whole frames, and leaves nobody waiting")
    func connection() async throws {
        let inputs = Self.setting("WARREN_FUZZ_INPUTS") ?? 40_000
        try await onThread {
            let connection = try FuzzedConnection(seed: Self.seed)
            for _ in 0..<inputs { try connection.step() }
            try connection.finish()
            let counts = connection.counts
            #expect(counts.events > inputs / 3, "\(counts)")
            #expect(counts.violations > inputs / 10 && counts.violations < inputs / 2, "\(counts)")
            #expect(counts.delivered > inputs / 100 && counts.answers > inputs / 100, "\(counts)")
            for outcome in ["acked", "refused", "returned", "unknown"] {
                #expect(counts.outcomes[outcome, default: 0] > inputs / 10_000, "\(counts)")
            }
        }
    }
}
