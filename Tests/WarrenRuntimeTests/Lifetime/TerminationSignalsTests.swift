import Foundation
import Testing
import WarrenRuntime

/// Signals belong to a process, so each test has its own.
@Suite("Termination signals")
struct TerminationSignalsTests {
    @Test("A signal that comes before anybody waits is not lost")
    func early() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
            kill(getpid(), SIGINT)
            #expect(try await signals.wait() == .interrupt)
            #expect(try await signals.wait() == .interrupt)
        }
    }

    @Test("A second SIGTERM ends the process at once")
    func secondTerminate() async {
        await #expect(processExitsWith: .exitCode(143)) {
            let signals = try TerminationSignals.install()
            kill(getpid(), SIGTERM)
            #expect(try await signals.wait() == .terminate)
            kill(getpid(), SIGTERM)
            await stubbornly()
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

    @Test("A waiter that is cancelled throws")
    func cancelled() async {
        await #expect(processExitsWith: .success) {
            let signals = try TerminationSignals.install()
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

    @Test("Hang-ups are told to whoever listens, each time, and do not end the process")
    func hangups() async {
        await #expect(processExitsWith: .success) {
            var requests = try HangupSignals.install().requests.makeAsyncIterator()
            for _ in 0..<2 {
                kill(getpid(), SIGHUP)
                #expect(await requests.next() != nil)
            }
        }
    }

    @Test("The signals are those of the system")
    func numbers() {
        #expect(TerminationSignal.terminate.rawValue == SIGTERM)
        #expect(TerminationSignal.interrupt.rawValue == SIGINT)
        #expect(TerminationSignal.allCases.map(\.description) == ["SIGTERM", "SIGINT"])
    }
}

/// Goes on for ten seconds, cancelled or not.
private func stubbornly() async {
    let deadline = SystemClock().now.advanced(by: .seconds(10))
    while SystemClock().now < deadline { await Task.yield() }
}
