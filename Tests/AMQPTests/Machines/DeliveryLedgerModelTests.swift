import Testing
import WarrenTesting

@testable import AMQP

/// A broker's view of a channel: what is outstanding, and what it heard of each delivery.
private struct BrokerModel {
    enum Heard: Equatable {
        case ack, nack, reject
    }

    var outstanding: Set<UInt64> = []
    var heard: [UInt64: [Heard]] = [:]
    /// What RabbitMQ answers with 406 and a closed channel.
    var unknownTags: [UInt64] = []

    mutating func receive(_ settlement: DeliveryLedger.SettlingMethod) {
        switch settlement {
        case .ack(let tag, let multiple): settle(tag, multiple, .ack)
        case .nack(let tag, let multiple, _): settle(tag, multiple, .nack)
        case .reject(let tag, _): settle(tag, false, .reject)
        }
    }

    private mutating func settle(_ tag: UInt64, _ multiple: Bool, _ how: Heard) {
        if !outstanding.contains(tag) { unknownTags.append(tag) }
        for each in outstanding where each == tag || multiple && each < tag {
            outstanding.remove(each)
            heard[each, default: []].append(how)
        }
    }
}

@Suite("The delivery ledger beside a broker's view")
struct DeliveryLedgerModelTests {
    @Test(
        "tells the broker exactly once of each delivery, and what the application said",
        arguments: 1...6,
        [true, false]
    )
    func model(seed: UInt64, coalescing: Bool) {
        var random = SeededGenerator(seed: seed)
        var ledger = DeliveryLedger()
        var broker = BrokerModel()
        var said: [UInt64: BrokerModel.Heard] = [:]
        var working: Set<UInt64> = []
        var last: UInt64 = 0
        for _ in 0..<10_000 {
            // Mostly what is being worked on, sometimes anything at all.
            let old = UInt64.random(in: 0...(last + 1), using: &random)
            let tag = Int.random(in: 0..<10, using: &random) == 0 ? old : working.randomElement(using: &random) ?? old
            let isOpen = working.contains(tag)
            let covered = working.filter { $0 <= tag }
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<40:
                guard working.count < 50 else { continue }
                last += 1
                #expect(ledger.delivered(last) == true)
                broker.outstanding.insert(last)
                working.insert(last)
            case 40..<70:
                #expect(ledger.ack(tag) == isOpen)
                if working.remove(tag) != nil { said[tag] = .ack }
            case 70..<80:
                #expect(ledger.settle(tag) == isOpen)
                guard working.remove(tag) != nil else { continue }
                said[tag] = .reject
                broker.receive(.reject(tag: tag, requeue: true))
            case 80..<84:
                #expect(ledger.ackAll(upTo: tag) == isOpen)
                guard isOpen else { continue }
                for each in covered { said[each] = .ack }
                working.subtract(covered)
            case 84..<87:
                // Acks that wait go first, as the connection does it.
                for settlement in ledger.takeAcks(coalescing: coalescing) { broker.receive(settlement) }
                #expect(ledger.settleAll(upTo: tag) == isOpen)
                guard isOpen else { continue }
                for each in covered { said[each] = .nack }
                working.subtract(covered)
                broker.receive(.nack(tag: tag, multiple: true, requeue: true))
            default:
                for settlement in ledger.takeAcks(coalescing: coalescing) { broker.receive(settlement) }
                #expect(broker.outstanding == working)
            }
            #expect(ledger.unsettled == working.count)
        }
        for settlement in ledger.takeAcks(coalescing: coalescing) { broker.receive(settlement) }
        #expect(broker.unknownTags == [])
        #expect(broker.outstanding == working)
        #expect(broker.heard == said.mapValues { [$0] })
        #expect(said.count > 2000)
    }

    @Test("also of deliveries that are stuck while thousands come and go behind them", arguments: 1...3, [true, false])
    func stuck(seed: UInt64, coalescing: Bool) {
        var random = SeededGenerator(seed: seed)
        var ledger = DeliveryLedger()
        var broker = BrokerModel()
        var working: Set<UInt64> = []
        var stuck: Set<UInt64> = []
        for tag in 1...50_000 as ClosedRange<UInt64> {
            #expect(ledger.delivered(tag) == true)
            broker.outstanding.insert(tag)
            if Int.random(in: 0..<1000, using: &random) == 0 { stuck.insert(tag) } else { working.insert(tag) }
            if Int.random(in: 0..<2000, using: &random) == 0, let freed = stuck.randomElement(using: &random) {
                stuck.remove(freed)
                working.insert(freed)
            }
            guard working.count > 20, let done = working.randomElement(using: &random) else { continue }
            working.remove(done)
            if Bool.random(using: &random) {
                #expect(ledger.ack(done) == true)
            } else {
                #expect(ledger.settle(done) == true)
                broker.receive(.reject(tag: done, requeue: true))
            }
            guard Int.random(in: 0..<20, using: &random) == 0 else { continue }
            for settlement in ledger.takeAcks(coalescing: coalescing) { broker.receive(settlement) }
            #expect(broker.outstanding == working.union(stuck))
            #expect(ledger.oldestUnsettled == broker.outstanding.min())
            #expect(ledger.oldest == broker.outstanding.min())
        }
        #expect(ledger.unsettled(from: 1, through: .max) == working.union(stuck).sorted())
        #expect(ledger.capacity < 2048 && stuck.count > 10)
        #expect(broker.unknownTags == [])
        #expect(broker.heard.values.allSatisfy { $0.count == 1 })
    }
}
