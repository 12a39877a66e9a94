import Foundation
import Glibc
import Testing

/// Gives each job a thread of its own.
private final class ThreadPerJob: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = unsafe asUnownedTaskExecutor()
        Thread { unsafe job.runSynchronously(on: executor) }.start()
    }
}

/// Runs blocking code on a thread of its own, still as part of the test, so that tests do not hold each other up.
@concurrent
func onThread<Value: Sendable>(_ body: @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadPerJob()) { try body() }
}

@Test("Blocking test code runs on a thread of its own, and is still part of its test")
func blockingCodeHasItsThread() async throws {
    let pool = threadIdentity()
    let own = try await onThread {
        #expect(Test.current != nil)
        return threadIdentity()
    }
    #expect(own != pool)
}

private func threadIdentity() -> pthread_t {
    pthread_self()
}
