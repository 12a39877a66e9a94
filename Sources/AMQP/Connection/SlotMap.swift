/// A key that stays valid for one value only, also when its place is used again.
struct SlotID: Sendable, Hashable {
    fileprivate let index: Int
    fileprivate let generation: UInt32
}

/// Values behind keys that are found by index.
struct SlotMap<Value: ~Copyable>: ~Copyable {
    /// Gives a value that cannot be copied a place in an array.
    final class Box {
        var value: Value

        init(_ value: consuming Value) {
            self.value = value
        }
    }

    private struct Slot {
        var generation: UInt32 = 0
        var box: Box?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []

    init() {}

    mutating func insert(_ value: consuming Value) -> SlotID {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].box = Box(value)
        return SlotID(index: index, generation: slots[index].generation)
    }

    mutating func remove(_ id: SlotID) {
        guard self[id] != nil else { return }
        slots[id.index].box = nil
        slots[id.index].generation &+= 1
        free.append(id.index)
    }

    subscript(id: SlotID) -> Box? {
        guard id.index < slots.count, slots[id.index].generation == id.generation else { return nil }
        return slots[id.index].box
    }

    /// All keys in use, in the order of their places.
    var ids: [SlotID] {
        slots.indices.compactMap { index in
            slots[index].box == nil ? nil : SlotID(index: index, generation: slots[index].generation)
        }
    }
}
