import Testing

@testable import AMQP

@Suite("The ledger of fetched messages")
struct FetchLedgerTests {
    private static func ledger(_ tags: ClosedRange<UInt64>) -> FetchLedger {
        var ledger = FetchLedger()
        for tag in tags { ledger.fetched(tag) }
        return ledger
    }

    @Test("settles each message once")
    func once() {
        var ledger = Self.ledger(1...5)
        #expect(ledger.settle(2, multiple: false) == .settled)
        #expect(ledger.settle(2, multiple: false) == .alreadySettled)
        #expect(ledger.settle(2, multiple: true) == .alreadySettled)
        #expect(ledger.settle(4, multiple: true) == .settled)
        for tag in 1...4 as ClosedRange<UInt64> { #expect(ledger.settle(tag, multiple: false) == .alreadySettled) }
        #expect(ledger.settle(5, multiple: true) == .settled)
    }

    @Test("knows what was given back as stale, with what was on its way, and nothing that came later")
    func recovered() {
        var ledger = Self.ledger(1...3)
        #expect(ledger.settle(1, multiple: false) == .settled)
        ledger.sent(.basicRecover(requeue: true))
        #expect(ledger.settle(2, multiple: false) == .stale)
        ledger.fetched(4)
        ledger.recovered()
        ledger.fetched(5)
        for tag in 2...4 as ClosedRange<UInt64> { #expect(ledger.settle(tag, multiple: true) == .stale) }
        #expect(ledger.settle(5, multiple: true) == .settled)
    }

    @Test("settles anew what a transaction has rolled back, and nothing that was committed")
    func transactions() {
        var ledger = Self.ledger(1...4)
        #expect(ledger.settle(1, multiple: false) == .settled)
        ledger.sent(.txSelect)
        #expect(ledger.settle(2, multiple: false) == .settled)
        ledger.sent(.txCommit)
        #expect(ledger.settle(3, multiple: false) == .settled)
        ledger.sent(.txRollback)
        for tag in [1, 2] as [UInt64] { #expect(ledger.settle(tag, multiple: false) == .alreadySettled) }
        #expect(ledger.settle(4, multiple: true) == .settled)
        #expect(ledger.settle(3, multiple: false) == .alreadySettled)
        ledger.sent(.txRollback)
        #expect(ledger.settle(3, multiple: false) == .settled)
        #expect(ledger.settle(4, multiple: false) == .settled)
    }
}
