#if THREAD_SANITIZER
public import Glibc
#else
public import Synchronization
#endif

#if !THREAD_SANITIZER
/// A value behind a lock: the only lock in the package.
///
/// The body runs under the lock, so it decides and returns; it does no I/O, resumes no continuation and calls no user
/// code.
///
/// `public`, though no product shows it: the compiler specialises `package` generics in their own module alone, and an
/// unspecialised lock costs several times as much.
public struct Locked<Value: ~Copyable>: ~Copyable, Sendable {
    @usableFromInline let mutex: Mutex<Value>

    /// Puts a value behind a lock of its own.
    @inlinable
    @inline(__always)
    public init(_ value: consuming sending Value) {
        self.mutex = Mutex(value)
    }

    /// Calls `body` with the value while nobody else has it, and returns what it returns.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}
#else
/// The thread sanitizer does not see through `Mutex` (its library is not instrumented) and reports every use of it, so
/// under that sanitizer the same type stands on a pthread mutex.
///
/// `@unchecked Sendable`: `value` is only reached while `mutex` is held.
@safe
public struct Locked<Value: ~Copyable>: ~Copyable, @unchecked Sendable {
    @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
    @usableFromInline let value: UnsafeMutablePointer<Value>

    /// Puts a value behind a lock of its own.
    @inlinable
    @inline(__always)
    public init(_ value: consuming sending Value) {
        unsafe self.mutex = .allocate(capacity: 1)
        unsafe self.mutex.initialize(to: pthread_mutex_t())
        _ = unsafe pthread_mutex_init(self.mutex, nil)
        unsafe self.value = .allocate(capacity: 1)
        unsafe self.value.initialize(to: value)
    }

    deinit {
        unsafe value.deinitialize(count: 1)
        unsafe value.deallocate()
        _ = unsafe pthread_mutex_destroy(mutex)
        unsafe mutex.deallocate()
    }

    /// Calls `body` with the value while nobody else has it, and returns what it returns.
    @inlinable
    @inline(__always)
    public borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        _ = unsafe pthread_mutex_lock(mutex)
        defer { _ = unsafe pthread_mutex_unlock(mutex) }
        return try unsafe body(&value.pointee)
    }
}
#endif
