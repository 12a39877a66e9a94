import WarrenRuntime

/// A value that several tasks of a test share.
final class Shared<Value: Sendable>: Sendable {
    private let locked: Locked<Value>

    init(_ value: Value) {
        locked = Locked(value)
    }

    var value: Value { locked.withLock { $0 } }

    func change(_ change: (inout Value) -> Void) {
        locked.withLock { change(&$0) }
    }
}
