/// A large value behind one reference: copying it costs one retain, changing a shared one copies it first.
///
/// `public`, as ``Locked`` is: only so is it specialised where it is used.
public struct Boxed<Value: Sendable>: Sendable {
    /// `@unchecked Sendable`: only changed while nothing else refers to it.
    @usableFromInline
    final class Storage: @unchecked Sendable {
        @usableFromInline var value: Value

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
            if !isKnownUniquelyReferenced(&storage) { storage = Storage(storage.value) }
            yield &storage.value
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
