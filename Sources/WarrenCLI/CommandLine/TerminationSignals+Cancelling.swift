import WarrenRuntime

extension TerminationSignals {
    private enum Step<Value: Sendable>: Sendable {
        case ended(Result<Value, CommandFailure>)
        case signalled(String?)
    }

    /// Does something, and cancels it when a signal comes.
    ///
    /// - Parameters:
    ///   - safe: from then on it goes by the signals itself, and is not cancelled; `nil`: never.
    ///   - work: what is done.
    /// - Returns: what `work` returns.
    /// - Throws: what `work` throws; after a signal it is said which one came.
    static func cancelling<Value: Sendable>(
        until safe: StopSignal? = nil,
        _ work: @escaping @Sendable () async throws(CommandFailure) -> Value
    ) async throws(CommandFailure) -> Value {
        let (result, signal) = await withTaskGroup(of: Step<Value>.self) { group in
            group.addTask {
                do throws(CommandFailure) {
                    return .ended(.success(try await work()))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask { .signalled(await firstName(before: safe)) }
            var (result, signal): (Result<Value, CommandFailure>?, String?)
            for await step in group {
                switch step {
                case .ended(let end): result = end
                case .signalled(nil): continue
                case .signalled(let name): signal = name
                }
                group.cancelAll()
            }
            return (result, signal)
        }
        switch (result, signal) {
        case (.success(let value)?, _): return value
        case (.failure(let failure)?, nil): throw failure
        case (let failed, let signal):
            let message = if case .failure(let failure)? = failed { ": \(failure.message)" } else { "" }
            throw CommandFailure(.failed, "stopped by \(signal ?? "a signal")\(message)")
        }
    }
}
