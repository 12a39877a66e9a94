import WarrenRuntime

extension TerminationSignals {
    private enum Step<Value: Sendable>: Sendable {
        case ended(Result<Value, CommandFailure>)
        case signalled(String?)
    }

    /// Does something, and cancels it when a signal comes.
    ///
    /// - Throws: what `work` throws; after a signal it is said which one came.
    static func cancelling<Value: Sendable>(
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
            group.addTask { .signalled(await firstName()) }
            var (result, signal): (Result<Value, CommandFailure>?, String?)
            for await step in group {
                group.cancelAll()
                switch step {
                case .ended(let end): result = end
                case .signalled(let name): signal = name
                }
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
