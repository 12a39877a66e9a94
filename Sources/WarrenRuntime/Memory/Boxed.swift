/// A large value behind one reference: copying it costs one retain, changing it makes another one.
///
/// What is in a box never changes, so reading a part of it copies just that part.
///
/// `public`, as ``Locked`` is: only so is it specialised where it is used.
public struct Boxed<Value: Sendable>: Sendable {
    @usableFromInline
    final class Storage: Sendable {
        @usableFromInline let value: Value

        @inlinable
        init(_ value: Value) {
            self.value = value
        }
    }

    @usableFromInline var storage: Storage

    /// Puts a value into a box of its own.
    @inlinable
    public init(_ value: Value) {
        storage = Storage(value)
    }

    /// The value; changing it changes no copy.
    @inlinable
    public var value: Value {
        _read { yield storage.value }
        _modify {
            var changed = storage.value
            yield &changed
            storage = Storage(changed)
        }
    }
}

extension Boxed: Equatable where Value: Equatable {
    /// Whether both hold the same.
    @inlinable
    public static func == (left: Boxed, right: Boxed) -> Bool {
        left.storage === right.storage || left.value == right.value
    }
}

extension Boxed: Hashable where Value: Hashable {
    /// Hashes the value.
    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(value)
    }
}
