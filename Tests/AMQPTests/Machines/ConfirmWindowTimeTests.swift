import Testing
import WarrenRuntime

@testable import AMQP

@Suite("The confirm window and time")
struct ConfirmWindowTimeTests {
    @Test("gives up on what was sent a timeout ago, and not on what was sent later")
    func expire() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(2)
        window.window.mark(at: .seconds(1))
        window.send(1)
        window.window.mark(at: .seconds(5))
        #expect(window.window.oldest == .seconds(1))
        #expect(window.expire(at: 10, timeout: 10) == [])
        #expect(window.expire(at: 11, timeout: 10) == [.late(1), .late(2)])
        #expect(window.window.oldest == .seconds(5))
        #expect(window.expire(at: 15, timeout: 10) == [.late(3)])
        #expect(window.window.oldest == nil)
    }

    @Test("forgets a mark when everything before it has its answer")
    func answered() throws {
        var window = WindowUnderTest(capacity: 10)
        #expect(window.window.oldest == nil)
        window.send(2)
        window.window.mark(at: .seconds(1))
        window.send(2)
        window.window.mark(at: .seconds(2))
        _ = try window.ack(1)
        #expect(window.window.oldest == .seconds(1))
        _ = try window.ack(3)
        #expect(window.window.oldest == .seconds(1))
        _ = try window.ack(2)
        #expect(window.window.oldest == .seconds(2))
        _ = try window.ack(4)
        #expect(window.window.oldest == nil)
    }

    @Test("starts no second clock for a publish that was marked before")
    func markedOnce() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(1)
        window.window.mark(at: .seconds(1))
        window.window.mark(at: .seconds(9))
        #expect(window.expire(at: 11, timeout: 10) == [.late(1)])
        #expect(window.window.oldest == nil)
        window.window.mark(at: .seconds(20))
        #expect(window.window.oldest == nil)
        #expect(window.expire(at: 100, timeout: 10) == [])
    }

    @Test("tells a publish once that its answer is late, also when later ones follow it")
    func toldOnce() {
        var window = WindowUnderTest(capacity: 10)
        for second in 1...3 {
            window.send(1)
            window.window.mark(at: .seconds(second))
        }
        #expect(window.expire(at: 11, timeout: 10) == [.late(1)])
        #expect(window.expire(at: 12, timeout: 10) == [.late(2)])
        #expect(window.expire(at: 13, timeout: 10) == [.late(3)])
    }

    @Test("frees the places of late answers, and ignores them when they come after all")
    func late() throws {
        var window = WindowUnderTest(capacity: 4)
        window.send(4)
        window.window.mark(at: .seconds(0))
        #expect(window.window.room == 0)
        #expect(window.expire(at: 10, timeout: 10) == [.late(1), .late(2), .late(3), .late(4)])
        #expect(window.window.unanswered == 0)
        #expect(window.window.room == 4)
        window.send(1)
        window.window.returned(WindowUnderTest.returned(stamp: .int64(2)))
        #expect(try window.ack(2, multiple: true) == [])
        #expect(window.window.room == 3)
        #expect(try window.ack(5) == [.acked(5)])
        #expect(try window.nack(3) == [])
        #expect(window.window.room == 4)
    }

    @Test("lets one publish without answer wait its time, however many are answered behind it")
    func straggler() throws {
        var window = WindowUnderTest(capacity: 8)
        window.send(2)
        window.window.mark(at: .seconds(1))
        for tag in 3...30_000 as ClosedRange<UInt64> {
            window.send(1)
            window.window.mark(at: .seconds(Int(tag)))
            #expect(window.window.oldest == .seconds(1))
            guard try window.ack(tag) == [.acked(tag)] else { return #expect(Bool(false), "\(tag)") }
        }
        #expect(window.window.room == 6)
        #expect(window.window.oldestSequence == 1)
        #expect(try window.ack(1) == [.acked(1)])
        #expect(window.window.oldestSequence == 2)
        window.send(1)
        window.window.mark(at: .seconds(40_000))
        #expect(window.expire(at: 50_000, timeout: 49_999) == [.late(2)])
        #expect(window.window.oldest == .seconds(40_000))
        #expect(try window.ack(0, multiple: true) == [.acked(30_001)])
        #expect(window.window.oldest == nil)
    }

    @Test("answers those left far behind in their order, whatever else has happened to the rest")
    func stragglers() throws {
        var window = WindowUnderTest(capacity: 8)
        window.send(5)
        window.window.mark(at: .seconds(1))
        for tag in 6...100 as ClosedRange<UInt64> {
            window.send(1)
            #expect(try window.ack(tag) == [.acked(tag)])
        }
        window.window.returned(WindowUnderTest.returned(stamp: .int64(2)))
        #expect(try window.nack(4) == [.refused(4)])
        let returned = WindowUnderTest.returned(stamp: .int64(2))
        #expect(try window.ack(3, multiple: true) == [.acked(1), .returned(2, returned), .acked(3)])
        #expect(window.lose() == [.lost(5)])
        #expect(window.window.room == 8)
    }

    @Test("counts the time of what was not yet written when it was left behind from when it is")
    func unwritten() throws {
        var window = WindowUnderTest(capacity: 2)
        window.send(1)
        for tag in 2...5 as ClosedRange<UInt64> {
            window.send(1)
            // No broker confirms what it was not sent; what it claims must not stop the clock all the same.
            #expect(try window.ack(tag) == [.acked(tag)])
        }
        #expect(window.expire(at: 1000, timeout: 10) == [])
        window.window.mark(at: .seconds(2000))
        #expect(window.window.oldest == .seconds(2000))
        #expect(window.expire(at: 2010, timeout: 10) == [.late(1)])
    }

    @Test("has told of a late answer before the channel is lost")
    func lateThenLost() {
        var window = WindowUnderTest(capacity: 4)
        window.send(1)
        window.window.mark(at: .seconds(0))
        window.send(1)
        #expect(window.expire(at: 10, timeout: 10) == [.late(1)])
        #expect(window.lose() == [.lost(2)])
        window.window.mark(at: .seconds(11))
        #expect(window.window.oldest == nil)
    }

    @Test("survives absurd times")
    func absurd() {
        var window = WindowUnderTest(capacity: 4)
        window.send(1)
        window.window.mark(at: .distantFuture)
        var resolutions: [ConfirmWindow.Resolution] = []
        window.window.expire(
            now: .seconds(0),
            timeout: .seconds(Int64.max),
            WindowUnderTest.late,
            into: &resolutions
        )
        #expect(resolutions.isEmpty)
        window.window.expire(
            now: .distantFuture,
            timeout: .seconds(Int64.max),
            WindowUnderTest.late,
            into: &resolutions
        )
        #expect(resolutions.count == 1)
    }
}
