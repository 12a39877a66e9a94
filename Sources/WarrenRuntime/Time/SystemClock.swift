import CLinux
import Glibc

/// The machine's monotonic clock.
package struct SystemClock: RuntimeClock {
    package init() {}

    package var now: MonotonicTime { monotonicNow() }

    package func sleep(until deadline: MonotonicTime) async throws(CancellationError) {
        guard deadline != .distantFuture else {
            return try await sleepForever()
        }
        let remaining = now.duration(until: deadline)
        do {
            try await Task.sleep(for: remaining)
        } catch {
            throw CancellationError()
        }
    }

    package func blockingTimeout(until deadline: MonotonicTime) -> Duration? {
        deadline == .distantFuture ? nil : now.duration(until: deadline)
    }

    package func onJump(_ wake: @escaping @Sendable () -> Void) -> JumpRegistration? { nil }

    private func sleepForever() async throws(CancellationError) {
        while true {
            do {
                try await Task.sleep(for: .seconds(86400))
            } catch {
                throw CancellationError()
            }
        }
    }
}

private func monotonicNow() -> MonotonicTime {
    MonotonicTime(nanoseconds: warren_clock(CLOCK_MONOTONIC))
}
