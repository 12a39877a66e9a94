import WarrenRuntime

/// Runs what blocks in the kernel on a thread of its own, so that it never takes one of the cooperative pool.
enum BlockingCall {
    static func run<Result: Sendable>(
        _ name: String,
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try IOThread.start(name: name) {
                    continuation.resume(with: Swift.Result { try body() })
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
