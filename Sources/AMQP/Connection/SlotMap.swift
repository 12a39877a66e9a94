/// A key that stays valid for one value only, also when its place is used again.
struct SlotID: Sendable, Hashable {
    fileprivate let index: Int
    fileprivate let generation: UInt32
}

/// Values behind keys that are found by index.
struct SlotMap<Value: ~Copyable>: ~Copyable {
    /// Gives a value that cannot be copied a place in an array.
    ///
    /// The value has memory of its own: a stored property of a class is checked for overlapping accesses each time, and
    /// these are used several times for each message. Whoever holds a box holds the lock, or is the I/O thread.
    @safe
    final class Box {
        private let memory: UnsafeMutablePointer<Value>

        var value: Value {
            unsafeAddress { unsafe UnsafePointer(memory) }
            unsafeMutableAddress { unsafe memory }
        }

        init(_ value: consuming Value) {
            unsafe memory = .allocate(capacity: 1)
            unsafe memory.initialize(to: value)
        }

        deinit {
            unsafe memory.deinitialize(count: 1)
            unsafe memory.deallocate()
        }
    }

    private struct Slot {
        var generation: UInt32 = 0
        var box: Box?
    }

    private var slots: [Slot] = []
    private var free: [Int] = []
    /// All keys in use, in the order of their places.
    private(set) var ids: [SlotID] = []

    init() {}

    mutating func insert(_ value: consuming Value) -> SlotID {
        let index = free.popLast() ?? slots.count
        if index == slots.count { slots.append(Slot()) }
        slots[index].box = Box(value)
        let id = SlotID(index: index, generation: slots[index].generation)
        ids.insert(id, at: ids.firstIndex { $0.index > index } ?? ids.count)
        return id
    }

    mutating func remove(_ id: SlotID) {
        guard self[id] != nil else { return }
        slots[id.index].box = nil
        slots[id.index].generation &+= 1
        free.append(id.index)
        ids.removeAll { $0 == id }
    }

    subscript(id: SlotID) -> Box? {
        guard id.index < slots.count, slots[id.index].generation == id.generation else { return nil }
        return slots[id.index].box
    }
}
