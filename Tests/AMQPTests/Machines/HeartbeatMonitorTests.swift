import Testing
import WarrenRuntime

@testable import AMQP

@Suite("The heartbeat monitor")
struct HeartbeatMonitorTests {
    private static func at(_ seconds: Double) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds * 1_000_000_000))
    }

    @Test("asks for a heartbeat after half the timeout without sending, and not before")
    func send() {
        var monitor = HeartbeatMonitor(timeoutSeconds: 10, now: Self.at(0))
        monitor.received(at: Self.at(4.9))
        #expect(monitor.check(at: Self.at(4.9)) == .fine)
        #expect(monitor.check(at: Self.at(5)) == .send)
        monitor.sent(at: Self.at(5))
        #expect(monitor.check(at: Self.at(5)) == .fine)
        #expect(monitor.check(at: Self.at(9.9)) == .fine)
        #expect(monitor.check(at: Self.at(10)) == .send)
    }

    @Test("gives a silent peer one and a half timeouts")
    func dead() {
        var monitor = HeartbeatMonitor(timeoutSeconds: 10, now: Self.at(0))
        monitor.sent(at: Self.at(14))
        #expect(monitor.check(at: Self.at(14.9)) == .fine)
        #expect(monitor.check(at: Self.at(15)) == .dead)
    }

    @Test("takes any byte as a sign of life")
    func alive() {
        var monitor = HeartbeatMonitor(timeoutSeconds: 10, now: Self.at(0))
        monitor.received(at: Self.at(14))
        monitor.sent(at: Self.at(28))
        #expect(monitor.check(at: Self.at(28.9)) == .fine)
        #expect(monitor.check(at: Self.at(29)) == .dead)
    }

    @Test("prefers the news of a death to sending one more heartbeat")
    func deathFirst() {
        let monitor = HeartbeatMonitor(timeoutSeconds: 2, now: Self.at(0))
        #expect(monitor.check(at: Self.at(100)) == .dead)
    }

    @Test("wants to be asked again when the first of both is due")
    func nextCheck() {
        var monitor = HeartbeatMonitor(timeoutSeconds: 10, now: Self.at(0))
        #expect(monitor.nextCheck == Self.at(5))
        monitor.sent(at: Self.at(12))
        #expect(monitor.nextCheck == Self.at(15))
        monitor.received(at: Self.at(12))
        #expect(monitor.nextCheck == Self.at(17))
    }

    @Test("does nothing where heartbeats are off")
    func off() {
        let monitor = HeartbeatMonitor(timeoutSeconds: 0, now: Self.at(0))
        #expect(monitor.nextCheck == .distantFuture)
        #expect(monitor.check(at: .distantFuture) == .fine)
    }

    @Test("is exact to the half second with odd and with the longest timeouts")
    func odd() {
        let odd = HeartbeatMonitor(timeoutSeconds: 1, now: Self.at(0))
        #expect(odd.nextCheck == Self.at(0.5))
        #expect(odd.check(at: Self.at(1.5)) == .dead)
        let longest = HeartbeatMonitor(timeoutSeconds: .max, now: Self.at(0))
        #expect(longest.nextCheck == Self.at(32767.5))
    }
}
