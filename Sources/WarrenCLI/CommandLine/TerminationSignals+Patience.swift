import WarrenRuntime

extension TerminationSignals {
    /// Does what may wait for a reader for ever, and cancels it so long after a signal.
    static func patiently<Value: Sendable>(
        _ patience: Duration,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        await withTaskGroup(of: Value?.self) { group in
            group.addTask { await work() }
            group.addTask {
                if await firstName() != nil { try? await Task.sleep(for: patience) }
                return nil
            }
            var value: Value?
            for await result in group {
                group.cancelAll()
                value = value ?? result
            }
            return value
        }
    }
}
