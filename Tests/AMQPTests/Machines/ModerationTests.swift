import Testing
import WarrenRuntime

@testable import AMQP

@Suite("Moderation")
struct ModerationTests {
    /// Feeds turns of one shortest pause each with the same load, and tells how long the next pause would be.
    private static func pause(after turns: Int, of load: Moderation.Load) -> Int64? {
        var time: Int64 = 0
        var moderation = Moderation(now: MonotonicTime(nanoseconds: time))
        for _ in 0..<turns {
            time += Moderation.pause
            moderation.note(load, now: MonotonicTime(nanoseconds: time))
        }
        return moderation.pause(load)
    }

    private static func pauses(after turns: Int, of load: Moderation.Load) -> Bool {
        pause(after: turns, of: load) != nil
    }

    @Test("never pauses for a lone caller, however many messages the broker might send")
    func lone() {
        #expect(!Self.pauses(after: 100, of: Moderation.Load(received: 1, inbound: 1)))
        #expect(!Self.pauses(after: 100, of: Moderation.Load(received: 1, inbound: 100_000)))
        #expect(!Self.pauses(after: 100, of: Moderation.Load(published: 1, outbound: 100_000)))
    }

    @Test("pauses under load in either direction")
    func load() {
        #expect(Self.pauses(after: 20, of: Moderation.Load(received: 50, inbound: 1000)))
        #expect(Self.pauses(after: 20, of: Moderation.Load(published: 50, outbound: 1000)))
    }

    @Test("does not pause when that would use up what can move without the thread")
    func share() {
        #expect(Self.pauses(after: 100, of: Moderation.Load(received: 50, inbound: 210)))
        #expect(!Self.pauses(after: 100, of: Moderation.Load(received: 50, inbound: 190)))
        #expect(!Self.pauses(after: 100, of: Moderation.Load(received: 50, inbound: 0)))
    }

    @Test("pauses the longer the more is under way, up to a millisecond")
    func length() {
        func pause(_ available: Int) -> Int64? {
            Self.pause(after: 100, of: Moderation.Load(received: 50, inbound: available))
        }
        for (available, expected) in [(400, 400_000), (800, 800_000), (100_000, Moderation.longestPause)] {
            #expect(abs((pause(available) ?? 0) - Int64(expected)) < 1000, "\(available)")
        }
        let both = Moderation.Load(received: 50, published: 50, inbound: 100_000, outbound: 400)
        #expect(abs((Self.pause(after: 100, of: both) ?? 0) - 400_000) < 1000)
    }

    @Test("stops pausing after a few quiet turns, and after one long silence")
    func quiet() {
        var time: Int64 = 0
        var moderation = Moderation(now: MonotonicTime(nanoseconds: 0))
        func tick(_ pauses: Int64) -> MonotonicTime {
            time += pauses * Moderation.pause
            return MonotonicTime(nanoseconds: time)
        }
        let busy = Moderation.Load(received: 50, inbound: 1000)
        let idle = Moderation.Load(received: 0, inbound: 1000)
        for _ in 0..<20 { moderation.note(busy, now: tick(1)) }
        #expect(moderation.pause(idle) != nil)
        for _ in 0..<8 { moderation.note(idle, now: tick(1)) }
        #expect(moderation.pause(idle) == nil)
        for _ in 0..<20 { moderation.note(busy, now: tick(1)) }
        moderation.note(idle, now: tick(1000))
        #expect(moderation.pause(idle) == nil)
    }

    @Test("survives a clock that does not move, goes back, or jumps to the end of time")
    func clocks() {
        var moderation = Moderation(now: MonotonicTime(nanoseconds: 1000))
        let load = Moderation.Load(
            received: .max,
            published: .max,
            inbound: .max,
            outbound: .max
        )
        for now in [1000, 1000, 0, .max, .min, 5] as [Int64] {
            moderation.note(load, now: MonotonicTime(nanoseconds: now))
            _ = moderation.pause(load)
        }
        #expect(moderation.pause(Moderation.Load()) == nil)
    }
}
