/// What the buses of this package do as a half of a hybrid bus, beyond what every bus does.
package protocol HybridHalf: EventBus {
    /// How many handlers it may run at a time; the halves share what they have.
    var permits: HandlerPermits { get }

    /// Runs as ``EventBus/run()`` does, and can still publish after its own handlers have ended, until `others` returns.
    ///
    /// - Parameter others: called when its own handlers have ended; returns when those of the other half have too.
    /// - Throws: as ``EventBus/run()``.
    func run(stayingOpenFor others: @escaping @Sendable () async -> Void) async throws(EventBusError)
}
