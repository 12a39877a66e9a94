import Testing

@testable import AMQP

@Suite("The confirm window")
struct ConfirmWindowTests {
    @Test("tells each publish of its own answer, in whatever order the answers come")
    func singles() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(3)
        #expect(try window.ack(2) == [.acked(2)])
        #expect(try window.nack(3) == [.refused(3)])
        #expect(window.window.room == 9)
        #expect(try window.ack(1) == [.acked(1)])
        #expect(window.window.room == 10)
        #expect(window.window.unanswered == 0)
    }

    @Test("tells everything up to the tag of a multiple answer that has no answer yet")
    func multiple() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(6)
        #expect(try window.ack(3) == [.acked(3)])
        #expect(try window.ack(4, multiple: true) == [.acked(1), .acked(2), .acked(4)])
        #expect(try window.nack(6, multiple: true) == [.refused(5), .refused(6)])
        #expect(window.window.room == 10)
    }

    @Test("takes tag 0 with multiple for everything so far")
    func zero() throws {
        var window = WindowUnderTest(capacity: 10)
        #expect(try window.ack(0, multiple: true) == [])
        window.send(2)
        #expect(try window.ack(0, multiple: true) == [.acked(1), .acked(2)])
        #expect(try window.ack(0, multiple: true) == [])
        window.send(1)
        #expect(try window.nack(0, multiple: true) == [.refused(3)])
    }

    @Test("vouches for a route only where the publish was mandatory")
    func routed() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(mandatory: false)
        window.send(mandatory: true)
        #expect(try window.ack(2, multiple: true) == [.acked(1, routed: false), .acked(2, routed: true)])
    }

    @Test("ignores an answer that was given before")
    func duplicates() throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(4)
        #expect(try window.ack(2) == [.acked(2)])
        #expect(try window.nack(2) == [])
        #expect(try window.ack(2, multiple: true) == [.acked(1)])
        #expect(try window.ack(1) == [])
        #expect(try window.nack(2, multiple: true) == [])
        #expect(window.window.unanswered == 2)
        #expect(window.window.room == 8)
    }

    @Test("refuses an answer to what was never sent", arguments: [3, 4, 1 << 32, .max - 1, .max] as [UInt64])
    func neverSent(tag: UInt64) throws {
        var window = WindowUnderTest(capacity: 10)
        window.send(2)
        let error = WireError("a confirm of publish \(tag), when 2 were sent")
        #expect(throws: error) { try window.ack(tag) }
        #expect(throws: error) { try window.nack(tag, multiple: true) }
        #expect(try window.ack(2, multiple: true) == [.acked(1), .acked(2)])
    }

    @Test("refuses tag 0 for a single publish, and any tag before the first publish")
    func nothingSent() throws {
        var window = WindowUnderTest(capacity: 10)
        #expect(throws: WireError("a confirm of publish 1, when 0 were sent")) { try window.ack(1, multiple: true) }
        window.send(1)
        #expect(throws: WireError("a confirm of publish 0, when 1 were sent")) { try window.ack(0) }
    }

    @Test("goes round its ring as often as it must", arguments: [1, 2, 3, 4, 5, 1000])
    func wrapAround(capacity: Int) throws {
        var window = WindowUnderTest(capacity: capacity)
        var number: UInt64 = 0
        for round in 0..<(5000 / capacity) {
            #expect(window.window.room == capacity)
            window.send(capacity)
            #expect(window.window.room == 0)
            let numbers = (1...UInt64(capacity)).map { number + $0 }
            number += UInt64(capacity)
            if round % 2 == 0 {
                #expect(try window.ack(number, multiple: true) == numbers.map { .acked($0) })
            } else {
                for number in numbers.reversed() { #expect(try window.ack(number) == [.acked(number)]) }
            }
        }
        #expect(window.window.nextSequence == number + 1)
    }

    @Test("keeps one place for a publish without answer, however many are answered behind it")
    func oldest() throws {
        var window = WindowUnderTest(capacity: 8)
        window.send(8)
        for tag in 2...8 as ClosedRange<UInt64> { #expect(try window.ack(tag) == [.acked(tag)]) }
        #expect(window.window.room == 7)
        for tag in 9...3000 as ClosedRange<UInt64> {
            window.send(1)
            #expect(try window.ack(tag) == [.acked(tag)])
        }
        #expect(try window.ack(1) == [.acked(1)])
        #expect(window.window.room == 8)
    }

    @Test("has room for many when a quarter of it is free")
    func roomForMany() throws {
        var window = WindowUnderTest(capacity: 8)
        window.send(8)
        _ = try window.ack(1)
        #expect(window.window.room == 1)
        #expect(window.window.hasRoomForMany == false)
        _ = try window.ack(2)
        #expect(window.window.hasRoomForMany == true)
        var smallest = WindowUnderTest(capacity: 1)
        #expect(smallest.window.hasRoomForMany == true)
        smallest.send(1)
        #expect(smallest.window.hasRoomForMany == false)
    }

    @Test("makes sense of absurd capacities", arguments: [(Int.min, 1), (0, 1), (.max, 1 << 20)])
    func capacities(asked: Int, given: Int) {
        let window = ConfirmWindow(capacity: asked)
        #expect(window.capacity == given)
        #expect(window.room == given)
    }

    @Test("says of everything unanswered that its outcome is unknown when the channel is lost, and counts anew")
    func lost() throws {
        var window = WindowUnderTest(capacity: 4)
        window.send(3)
        _ = try window.ack(2)
        #expect(window.lose() == [.lost(1), .lost(3)])
        #expect(window.lose() == [])
        #expect(window.window.room == 4 && window.window.unanswered == 0 && window.window.nextSequence == 1)
        window.send(1)
        #expect(try window.ack(1) == [.acked(1)])
    }
}
