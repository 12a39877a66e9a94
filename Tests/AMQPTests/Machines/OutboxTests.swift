import Testing
import WarrenRuntime

@testable import AMQP

extension Outbox {
    /// Takes what there is to write as an array, and gives the permit back.
    mutating func drain() -> [UInt8]? {
        guard let taken = take() else { return nil }
        let bytes = taken.bytes.array
        finish(taken)
        return bytes
    }

    /// Takes the permit and gives it back with everything unwritten.
    mutating func fail() {
        if let taken = take() { postpone(taken) }
    }

    /// Takes the permit for good.
    mutating func occupy() -> [UInt8]? { take()?.bytes.array }
}

@Suite("The outbox")
struct OutboxTests {
    @Test("gives everything pending to one writer at a time")
    func oneWriter() {
        var outbox = Outbox(limit: 100)
        #expect(outbox.hasWork == false)
        #expect(outbox.drain() == nil)
        outbox.pending.bytes.append([1, 2])
        #expect(outbox.hasWork == true)
        #expect(outbox.occupy() == [1, 2])
        #expect(outbox.isWriting == true)
        outbox.pending.bytes.append([3])
        #expect(outbox.hasWork == false)
        #expect(outbox.drain() == nil)
    }

    @Test("uses memory again, and nothing of what was written before")
    func again() {
        var outbox = Outbox(limit: 100)
        for round in 0..<5 as Range<UInt8> {
            outbox.pending.bytes.append([round, round])
            #expect(outbox.drain() == [round, round])
            #expect(outbox.drain() == nil)
        }
    }

    @Test("gives what a writer could not write out first")
    func leftover() {
        var outbox = Outbox(limit: 100)
        outbox.pending.bytes.append([1])
        outbox.fail()
        #expect(outbox.hasWork == true)
        outbox.pending.bytes.append([2])
        outbox.fail()
        #expect(outbox.drain() == [1])
        #expect(outbox.drain() == [2])
        #expect(outbox.drain() == nil)
    }

    @Test("has room up to its limit, and for one message of any size when it is empty")
    func room() {
        var outbox = Outbox(limit: 10)
        #expect(outbox.hasRoom(for: 1_000_000) == true)
        outbox.pending.bytes.append([UInt8](repeating: 0, count: 6))
        #expect(outbox.hasRoom(for: 4) == true)
        #expect(outbox.hasRoom(for: 5) == false)
        #expect(outbox.hasRoom(for: 1_000_000) == false)
        _ = outbox.drain()
        #expect(outbox.hasRoom(for: 11) == true)
    }

    @Test("counts spliced bodies towards its limit")
    func splices() {
        var outbox = Outbox(limit: 200_000)
        outbox.pending.appendBody([UInt8](repeating: 1, count: 100_000), channel: 1, frameMax: 131_072)
        #expect(outbox.pending.count == 100_008)
        #expect(outbox.hasRoom(for: 99_992) == true)
        #expect(outbox.hasRoom(for: 99_993) == false)
    }

    @Test("says how many more publishes like the last would fit")
    func publishes() {
        var outbox = Outbox(limit: 1000)
        outbox.notePublish(size: 100)
        #expect(outbox.published == 1)
        #expect(outbox.room == 10)
        outbox.pending.bytes.append([UInt8](repeating: 0, count: 950))
        #expect(outbox.room == 0)
        outbox.pending.bytes.append([UInt8](repeating: 0, count: 950))
        #expect(outbox.room == 0)
        outbox.notePublish(size: 0)
        #expect(outbox.room == 0)
    }

    @Test("drops everything with its connection, also what a writer still holds")
    func clear() {
        var outbox = Outbox(limit: 100)
        outbox.pending.bytes.append([1])
        outbox.fail()
        outbox.pending.bytes.append([2])
        outbox.clear()
        #expect(outbox.drain() == nil)
        outbox.pending.bytes.append([3])
        _ = outbox.occupy()
        outbox.pending.bytes.append([4])
        outbox.clear()
        #expect(outbox.hasWork == false)
        outbox.pending.bytes.append([5])
        #expect(outbox.drain() == [5])
    }
}
