import Foundation
import Testing
import WarrenRuntime

/// Signals belong to a process, so each test has its own.
@Suite("Termination signals")
struct TerminationSignalsTests {
    @Test("The first signal cancels the body, and is returned when the body has ended in its own time")
    func first() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
            let log = Locked<[String]>([])
            let signal = try await signals.run {
                kill(getpid(), SIGTERM)
                do {
                    try await SystemClock().sleep(until: .distantFuture)
                } catch {
                    await Task.yield()
                    log.withLock { $0.append("cleaned up") }
                    throw error
                }
            }
            #expect(signal == .terminate)
            #expect(log.withLock { $0 } == ["cleaned up"])
            #expect(signals.received == .terminate)
        }
    }

    @Test("A signal that comes before anybody waits is not lost")
    func early() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
            kill(getpid(), SIGINT)
            #expect(try await signals.wait() == .interrupt)
            #expect(try await signals.wait() == .interrupt)
            let signal = try await signals.run { try await SystemClock().sleep(until: .distantFuture) }
            #expect(signal == .interrupt)
        }
    }

    @Test("A second SIGTERM ends the process at once, though the body does not heed its cancellation")
    func secondTerminate() async {
        await #expect(processExitsWith: .exitCode(143)) {
            let signals = try TerminationSignals.install()
            _ = try await signals.run {
                kill(getpid(), SIGTERM)
                while !Task.isCancelled { await Task.yield() }
                kill(getpid(), SIGTERM)
                await stubbornly()
            }
        }
    }

    @Test("A second signal of the other kind does so too, with its own status")
    func secondInterrupt() async {
        await #expect(processExitsWith: .exitCode(130)) {
            let signals = try TerminationSignals.install()
            kill(getpid(), SIGTERM)
            _ = try await signals.wait()
            kill(getpid(), SIGINT)
            await stubbornly()
        }
    }

    @Test("A body that ends by itself ends the run without a signal")
    func ownEnd() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
            let signal = try await signals.run {}
            #expect(signal == nil)
            #expect(signals.received == nil)
        }
    }

    @Test("A failure of the body comes out, before and after a signal")
    func failure() async {
        await #expect(processExitsWith: .success) {
            struct Failure: Error, Equatable {}
            let signals = try TerminationSignals.install()
            await #expect(throws: Failure()) { _ = try await signals.run { throw Failure() } }
            await #expect(throws: Failure()) {
                _ = try await signals.run {
                    kill(getpid(), SIGTERM)
                    try? await SystemClock().sleep(until: .distantFuture)
                    throw Failure()
                }
            }
        }
    }

    @Test("Cancelling the caller cancels the body, and a waiter that is cancelled throws")
    func cancelled() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
            let run = Task { try await signals.run { try await SystemClock().sleep(until: .distantFuture) } }
            run.cancel()
            await #expect(throws: CancellationError.self) { try await run.value }
            let waiter = Task { try await signals.wait() }
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
        }
    }

    @Test("Writing to a closed pipe is an error and not the end of the process")
    func brokenPipe() async {
        await #expect(processExitsWith: .success) {
            _ = try TerminationSignals.install()
            let pipe = Pipe()
            try pipe.fileHandleForReading.close()
            let written = unsafe write(pipe.fileHandleForWriting.fileDescriptor, "x", 1)
            #expect(written == -1 && errno == EPIPE)
        }
    }

    @Test("The signals are those of the system, and a shell would report them so")
    func numbers() {
        #expect(TerminationSignal.terminate.rawValue == SIGTERM)
        #expect(TerminationSignal.interrupt.rawValue == SIGINT)
        #expect(TerminationSignal.allCases.map(\.exitStatus) == [143, 130])
        #expect(TerminationSignal.allCases.map(\.description) == ["SIGTERM", "SIGINT"])
    }
}

/// Goes on for ten seconds, cancelled or not.
private func stubbornly() async {
    let deadline = SystemClock().now.advanced(by: .seconds(10))
    while SystemClock().now < deadline { await Task.yield() }
}
