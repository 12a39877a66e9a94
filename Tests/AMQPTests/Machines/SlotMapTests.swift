import Testing
import WarrenTesting

@testable import AMQP

@Suite("A slot map")
struct SlotMapTests {
    @Test("finds each value by its key, until it is removed")
    func values() {
        var map = SlotMap<String>()
        let first = map.insert("a")
        let second = map.insert("b")
        #expect(map[first]?.value == "a")
        #expect(map[second]?.value == "b")
        #expect(map.ids == [first, second])
        map.remove(first)
        #expect(map[first] == nil)
        #expect(map[second]?.value == "b")
        #expect(map.ids == [second])
    }

    @Test("never finds a new value by an old key, although the place is used again")
    func generations() {
        var map = SlotMap<Int>()
        var old: [SlotID] = []
        for number in 0..<100 {
            let id = map.insert(number)
            for stale in old { #expect(map[stale] == nil) }
            #expect(map[id]?.value == number)
            map.remove(id)
            old.append(id)
        }
        #expect(map.ids.isEmpty)
    }

    @Test("takes no notice of a key that is removed twice")
    func removedTwice() {
        var map = SlotMap<Int>()
        let old = map.insert(1)
        map.remove(old)
        map.remove(old)
        let next = map.insert(2)
        let other = map.insert(3)
        map.remove(old)
        #expect(map[next]?.value == 2)
        #expect(map[other]?.value == 3)
        #expect(next != other)
    }

    @Test("does not know the keys of another map")
    func foreign() {
        var large = SlotMap<Int>()
        let ids = (0..<5).map { large.insert($0) }
        let empty = SlotMap<Int>()
        for id in ids { #expect(empty[id] == nil) }
    }

    @Test("agrees with a dictionary over many random operations")
    func model() {
        var random = SeededGenerator(seed: 0x510)
        var map = SlotMap<Int>()
        var model: [SlotID: Int] = [:]
        for number in 0..<5000 {
            if Bool.random(using: &random), let id = map.ids.randomElement(using: &random) {
                map.remove(id)
                model[id] = nil
            } else {
                let id = map.insert(number)
                #expect(model[id] == nil)
                model[id] = number
            }
        }
        #expect(Set(map.ids) == Set(model.keys))
        for (id, number) in model { #expect(map[id]?.value == number) }
    }
}
