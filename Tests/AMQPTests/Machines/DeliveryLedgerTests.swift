import Testing

@testable import AMQP

@Suite("The delivery ledger")
struct DeliveryLedgerTests {
    private static func ledger(_ count: UInt64) -> DeliveryLedger {
        var ledger = DeliveryLedger()
        for tag in 0..<count { _ = ledger.delivered(tag + 1) }
        return ledger
    }

    @Test("tells the broker of an unbroken run of acks in one frame")
    func run() {
        var ledger = Self.ledger(5)
        for tag in [2, 1, 3] as [UInt64] { #expect(ledger.ack(tag) == true) }
        #expect(ledger.unsettled == 2)
        #expect(ledger.gathered == 3)
        #expect(ledger.takeAcks() == [.ack(tag: 3, multiple: true)])
        #expect(ledger.gathered == 0)
        #expect(ledger.takeAcks() == [])
    }

    @Test("tells of acks behind a delivery that is still worked on one by one")
    func gaps() {
        var ledger = Self.ledger(6)
        for tag in [1, 3, 5, 4] as [UInt64] { #expect(ledger.ack(tag) == true) }
        #expect(
            ledger.takeAcks() == [
                .ack(tag: 1, multiple: false), .ack(tag: 3, multiple: false), .ack(tag: 5, multiple: false),
                .ack(tag: 4, multiple: false),
            ]
        )
        #expect(ledger.ack(2) == true)
        #expect(ledger.ack(6) == true)
        #expect(ledger.takeAcks() == [.ack(tag: 6, multiple: true)])
    }

    @Test("refuses to settle a delivery twice, in whatever way")
    func twice() {
        var ledger = Self.ledger(4)
        #expect(ledger.ack(1) == true)
        #expect(ledger.ack(1) == false)
        #expect(ledger.settle(1) == false)
        #expect(ledger.settleAll(upTo: 1) == false)
        _ = ledger.takeAcks()
        #expect(ledger.ack(1) == false)
        #expect(ledger.settle(2) == true)
        #expect(ledger.settle(2) == false)
        #expect(ledger.ackAll(upTo: 2) == false)
        #expect(ledger.unsettled == 2)
    }

    @Test("knows no delivery that did not come", arguments: [0, 4, 17, 1 << 40, .max] as [UInt64])
    func unknown(tag: UInt64) {
        var ledger = Self.ledger(3)
        #expect(ledger.ack(tag) == false)
        #expect(ledger.settle(tag) == false)
        #expect(ledger.ackAll(upTo: tag) == false)
        #expect(ledger.settleAll(upTo: tag) == false)
        #expect(ledger.unsettled == 3)
    }

    @Test("accepts only the next tag in line", arguments: [0, 1, 3, 5, .max] as [UInt64])
    func outOfTurn(tag: UInt64) {
        var ledger = Self.ledger(3)
        #expect(ledger.delivered(tag) == false)
        #expect(ledger.delivered(4) == true)
        #expect(ledger.unsettled == 4)
    }

    @Test("settles everything up to a delivery, leaving what is settled alone")
    func upTo() {
        var ledger = Self.ledger(6)
        #expect(ledger.settle(2) == true)
        #expect(ledger.settleAll(upTo: 4) == true)
        #expect(ledger.unsettled == 2)
        #expect(ledger.ackAll(upTo: 6) == true)
        #expect(ledger.unsettled == 0)
        #expect(ledger.takeAcks() == [.ack(tag: 6, multiple: true)])
    }

    @Test("does not let a multiple ack end on a delivery that was rejected")
    func rejectedLast() {
        var ledger = Self.ledger(4)
        for tag in [1, 2] as [UInt64] { #expect(ledger.ack(tag) == true) }
        #expect(ledger.settle(3) == true)
        #expect(ledger.takeAcks() == [.ack(tag: 2, multiple: true)])
        #expect(ledger.ack(4) == true)
        #expect(ledger.takeAcks() == [.ack(tag: 4, multiple: false)])
    }

    @Test("grows with what is unsettled, and forgets nothing in doing so")
    func growth() {
        var ledger = DeliveryLedger()
        var next: UInt64 = 0
        // A start that is no multiple of the ring's size, so that growing has to move entries.
        for _ in 0..<11 {
            next += 1
            #expect(ledger.delivered(next) == true)
            #expect(ledger.ack(next) == true)
        }
        _ = ledger.takeAcks()
        for _ in 0..<5000 {
            next += 1
            #expect(ledger.delivered(next) == true)
            if next % 3 == 0 { #expect(ledger.ack(next) == true) }
        }
        for tag in 12...next {
            #expect(ledger.settle(tag) == (tag % 3 != 0))
        }
        #expect(ledger.unsettled == 0)
        #expect(ledger.takeAcks() == [.ack(tag: next - next % 3, multiple: true)])
    }

    @Test("is as large as what is unsettled, however much is settled behind a delivery that is stuck")
    func stuck() {
        var ledger = DeliveryLedger()
        let stuck: Set<UInt64> = [1, 2, 700, 5000, 80_000]
        for tag in 1...100_000 as ClosedRange<UInt64> {
            #expect(ledger.delivered(tag) == true)
            guard !stuck.contains(tag) else { continue }
            if tag % 2 == 0 { _ = ledger.settle(tag) } else { _ = ledger.ack(tag) }
            if tag % 10 == 0 { _ = ledger.takeAcks() }
        }
        _ = ledger.takeAcks()
        #expect(ledger.capacity < 2048)
        #expect(ledger.unsettled == 5 && ledger.oldest == 1 && ledger.oldestUnsettled == 1)
        #expect(ledger.unsettled(from: 2, through: 5000) == [2, 700, 5000])
        #expect(ledger.unsettled(from: 3, through: .max) == [700, 5000, 80_000])
        // What stepped aside is settled like any other, once.
        #expect(ledger.ack(3) == false)
        #expect(ledger.ack(2) == true)
        #expect(ledger.settle(2) == false)
        #expect(ledger.takeAcks() == [.ack(tag: 2, multiple: false)])
        #expect(ledger.settle(1) == true)
        #expect(ledger.oldest == 700)
        #expect(ledger.ackAll(upTo: 5000) == true)
        #expect(ledger.takeAcks() == [.ack(tag: 5000, multiple: true)])
        #expect(ledger.settleAll(upTo: 80_000) == true)
        #expect(ledger.unsettled == 0 && ledger.oldest == ledger.next)
    }
}
