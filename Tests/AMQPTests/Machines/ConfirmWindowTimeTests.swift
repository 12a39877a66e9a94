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

    @Test("keeps the places of late answers taken, but waits for them no longer")
    func taken() throws {
        var window = WindowUnderTest(capacity: 4)
        window.send(3)
        window.window.mark(at: .seconds(0))
        #expect(window.expire(at: 10, timeout: 10) == [.late(1), .late(2), .late(3)])
        #expect(window.window.unanswered == 0)
        #expect(window.window.room == 1)
        window.send(1)
        #expect(window.window.unanswered == 1)
        #expect(try window.ack(2, multiple: true) == [])
        #expect(window.window.room == 2)
        #expect(try window.ack(4) == [.acked(4)])
        #expect(try window.ack(3) == [])
        #expect(window.window.room == 4)
        #expect(window.window.unanswered == 0)
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
