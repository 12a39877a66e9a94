import Testing
import WarrenTesting

@testable import AMQP

@Suite("The publish queue")
struct PublishQueueTests {
    private static func entry(_ number: Int, body: Int = 10) -> PublishQueue.Entry {
        PublishQueue.Entry(
            head: [1, 2, 3],
            layout: PublishHeadLayout(headerFrame: 1, size: 3, stamp: nil, mandatory: false),
            body: [UInt8](repeating: 0, count: body),
            identity: ConfirmWindow.Identity(messageID: String(number), exchange: "", routingKey: ""),
            confirmation: nil,
            index: 0,
            admitted: OneShot()
        )
    }

    @Test("lets publishes out in the order they came, through thousands of turns")
    func order() {
        var queue = PublishQueue()
        var random = SeededGenerator(seed: 1)
        var next = 0
        var expected = 0
        for _ in 0..<20_000 {
            if Int.random(in: 0..<100, using: &random) < 51 {
                queue.append(Self.entry(next))
                next += 1
            } else if let head = queue.head {
                #expect(head.identity?.messageID == String(expected))
                expected += 1
                queue.removeFirst()
            }
            #expect(queue.isEmpty == (next == expected))
        }
        #expect(expected > 5000)
    }

    @Test("forgets a publish whose caller waits no longer, wherever it stands")
    func remove() {
        var queue = PublishQueue()
        let entries = (0..<5).map { Self.entry($0) }
        for entry in entries { queue.append(entry) }
        queue.removeFirst()
        for index in [0, 2, 1, 4] { queue.remove(entries[index].admitted) }
        #expect(queue.head?.identity?.messageID == "3")
        queue.remove(entries[3].admitted)
        #expect(queue.isEmpty == true)
        #expect(queue.head == nil)
        queue.append(Self.entry(9))
        #expect(queue.head?.identity?.messageID == "9")
    }

    @Test("measures head and body")
    func size() {
        #expect(Self.entry(1, body: 100).size == 103)
    }

    @Test("fails everyone who waits, once")
    func fail() {
        var queue = PublishQueue()
        let entries = (0..<3).map { Self.entry($0) }
        for entry in entries { queue.append(entry) }
        queue.removeFirst()
        var effects = Effects()
        let error = AMQPError(.closed, "closed")
        queue.fail(error, into: &effects)
        queue.fail(error, into: &effects)
        #expect(
            effects.admissions.map { ObjectIdentifier($0.shot) } == entries[1...].map { ObjectIdentifier($0.admitted) }
        )
        for admission in effects.admissions {
            #expect(throws: error) { try admission.result.get() }
        }
        #expect(queue.isEmpty == true)
    }
}
