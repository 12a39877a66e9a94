import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("A watch over deliveries")
struct DeliveryWatchTests {
    private static func time(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

    /// A batch of deliveries.
    private static func deliver(
        _ count: Int,
        at seconds: Int64,
        _ ledger: inout DeliveryLedger,
        _ watch: inout DeliveryWatch
    ) {
        for _ in 0..<count {
            let tag = ledger.next
            _ = ledger.delivered(tag)
            watch.delivered(tag, "m\(tag)")
        }
        watch.mark(ledger, at: time(seconds))
    }

    @Test("names what is unsettled for too long, once, with message id and age")
    func overdue() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: .seconds(10))
        #expect(watch.nextCheck == nil)
        Self.deliver(3, at: 0, &ledger, &watch)
        Self.deliver(2, at: 5, &ledger, &watch)
        _ = ledger.settle(1)
        _ = ledger.settle(3)
        #expect(watch.nextCheck == Self.time(10))
        let early = watch.takeOverdue(at: Self.time(9), ledger)
        #expect(early.isEmpty)
        let first = watch.takeOverdue(at: Self.time(10), ledger)
        #expect(first == [DeliveryWatch.Overdue(tag: 2, messageID: "m2", age: .seconds(10))])
        #expect(watch.nextCheck == Self.time(15))
        let second = watch.takeOverdue(at: Self.time(20), ledger)
        #expect(second.map(\.tag) == [4, 5] && second.map(\.age) == [.seconds(15), .seconds(15)])
        #expect(watch.nextCheck == nil)
        let third = watch.takeOverdue(at: Self.time(99), ledger)
        #expect(third.isEmpty)
        #expect(watch.since(2) == Self.time(0) && watch.since(5) == Self.time(5) && watch.since(6) == nil)
    }

    @Test("begins anew on another channel")
    func lost() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: .seconds(10))
        Self.deliver(3, at: 0, &ledger, &watch)
        watch.lost()
        #expect(watch.nextCheck == nil)
        ledger = DeliveryLedger()
        Self.deliver(1, at: 7, &ledger, &watch)
        #expect(watch.nextCheck == Self.time(17) && watch.messageID(1) == "m1" && watch.messageID(2) == nil)
    }

    @Test("without a limit keeps no message ids, and still knows since when")
    func off() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: nil)
        Self.deliver(3, at: 1, &ledger, &watch)
        #expect(watch.nextCheck == nil && watch.messageID(1) == nil && watch.since(3) == Self.time(1))
        let overdue = watch.takeOverdue(at: Self.time(99), ledger)
        #expect(overdue.isEmpty)
    }

    @Test("keeps little of a long time: a stuck delivery keeps its age, later ones never seem younger")
    func bounded() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: .seconds(1_000_000))
        Self.deliver(1, at: 0, &ledger, &watch)
        for second in 1...20_000 as ClosedRange<Int64> {
            Self.deliver(1, at: second, &ledger, &watch)
            if second > 50 { _ = ledger.settle(UInt64(second - 48)) }
        }
        #expect(ledger.unsettled == 51)
        #expect(watch.since(1) == Self.time(0))
        for tag in ledger.next - 40..<ledger.next {
            let since = watch.since(tag) ?? .distantFuture
            #expect(since <= Self.time(Int64(tag) - 1))
            #expect(watch.messageID(tag) == "m\(tag)")
        }
    }

    @Test("keeps message ids of what is unsettled, however much is settled behind a delivery that is stuck")
    func stuck() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: .seconds(1_000_000))
        for second in 0..<2000 as Range<Int64> {
            Self.deliver(100, at: second, &ledger, &watch)
            for tag in ledger.next - 100..<ledger.next where tag != 1 && tag != 150_000 { _ = ledger.settle(tag) }
        }
        #expect(ledger.unsettled == 2 && ledger.capacity <= 2048)
        #expect(watch.ids.count < 2000)
        #expect(watch.messageID(1) == "m1" && watch.messageID(150_000) == "m150000")
        let overdue = watch.takeOverdue(at: Self.time(2_000_000), ledger)
        #expect(overdue.map(\.messageID) == ["m1", "m150000"])
    }

    @Test("with everything settled keeps nothing of it")
    func settled() {
        var ledger = DeliveryLedger()
        var watch = DeliveryWatch(limit: .seconds(10))
        for second in 0..<1000 as Range<Int64> {
            Self.deliver(5, at: second, &ledger, &watch)
            _ = ledger.settleAll(upTo: ledger.next - 1)
        }
        watch.mark(ledger, at: Self.time(2000))
        #expect(watch.nextCheck == nil && watch.ids.count <= 1024)
    }
}

@Suite("A connection whose consumers are slow")
struct SlowConsumerTests {
    @Test("tells of each overdue delivery once, and what made the broker close the channel")
    func tells() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = core.add(prefetch: 10, overdueAfter: .seconds(80))
        _ = try core.sent()
        try core.agree(id)
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)), .delivered(1, CoreChannelTests.delivery(2)))
        core.pass(.seconds(79))
        #expect(core.events.value.isEmpty)
        core.pass(.seconds(1))
        core.pass(.seconds(5))
        let overdue = core.events.value
        #expect(overdue.map(\.kind) == [.deliveryOverdue, .deliveryOverdue])
        #expect(overdue.compactMap(\.delivery).map(\.deliveryTag) == [1, 2])
        #expect(overdue.first?.delivery?.queue == "q" && overdue.first?.delivery?.age == .seconds(80))

        let text = "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out."
        let reply = AMQPReply(code: 406, text: text)
        core.clock.advance(by: .seconds(20))
        try core.receive(.method(1, .channelClose(CloseReason(reply: reply, classID: 0, methodID: 0))))
        let lost = try #require(core.events.value.last)
        #expect(lost.kind == .subscriptionLost && lost.error?.reply == reply)
        #expect(lost.delivery?.deliveryTag == 1 && lost.delivery?.age == .seconds(105))
        #expect(lost.subject.contains("delivery 1"))
        // It opens again at once.
        #expect(core.number(id) != nil)
    }

    @Test("names the overdue delivery also where the broker only ends the subscription", arguments: [79, 80])
    func cancelled(seconds: Int) throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = core.add(prefetch: 10, overdueAfter: .seconds(80))
        _ = try core.sent()
        try core.agree(id)
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)))
        core.clock.advance(by: .seconds(seconds))
        try core.receive(.method(1, .basicCancel(consumerTag: "ctag")))
        let lost = try #require(core.events.value.last)
        #expect(lost.kind == .subscriptionLost && (lost.delivery?.deliveryTag == 1) == (seconds == 80))
    }
}
