#if !THREAD_SANITIZER
/// A task that waits for its job, to be resumed once.
///
/// A checked continuation makes an object of its own, which the writer thread has to fetch from another core; where there is
/// a job for each event, that is felt. That it is resumed once is for ``Job`` to see to, under its lock.
@safe
struct Waiter: Sendable {
    private let continuation: UnsafeContinuation<(any Error)?, Never>

    /// Suspends the task until somebody resumes it.
    ///
    /// - Returns: why its job was not done.
    static func wait(_ body: (Waiter) -> Void) async -> (any Error)? {
        await unsafe withUnsafeContinuation { continuation in unsafe body(Waiter(continuation: continuation)) }
    }

    private init(continuation: UnsafeContinuation<(any Error)?, Never>) {
        unsafe self.continuation = continuation
    }

    func resume(returning failure: (any Error)?) {
        unsafe continuation.resume(returning: failure)
    }
}
#else
/// The same under the thread sanitizer, with a checked continuation.
///
/// The code of the other is compiled into ours, where that sanitizer looks into it, but not into the library that wakes the
/// task, and so it reports what the task does next as a race.
struct Waiter: Sendable {
    private let continuation: CheckedContinuation<(any Error)?, Never>

    /// Suspends the task until somebody resumes it.
    ///
    /// - Returns: why its job was not done.
    static func wait(_ body: (Waiter) -> Void) async -> (any Error)? {
        await withCheckedContinuation { body(Waiter(continuation: $0)) }
    }

    func resume(returning failure: (any Error)?) {
        continuation.resume(returning: failure)
    }
}
#endif
