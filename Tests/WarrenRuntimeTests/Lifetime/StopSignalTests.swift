import Testing
import WarrenRuntime
import WarrenTesting

@Suite("A stop signal")
struct StopSignalTests {
    private let signal = StopSignal()
    private let clock = HeldClock()

    @Test("lets all go who wait, and all who come later")
    func waiting() async {
        let signal = signal
        let tasks = (0..<10).map { _ in
            Task {
                await signal.wait()
                return signal.isStopped
            }
        }
        await Task.yield()
        #expect(!signal.isStopped)
        signal.stop()
        signal.stop()
        for task in tasks { #expect(await task.value) }
        await signal.wait()
    }

    @Test("lets a cancelled task go, and no other")
    func cancelled() async {
        let signal = signal
        let task = Task { await signal.wait() }
        let late = Task {
            while !Task.isCancelled { await Task.yield() }
            await signal.wait()
        }
        task.cancel()
        late.cancel()
        await task.value
        await late.value
        #expect(!signal.isStopped)
    }

    @Test("ends a sleep before its time; else it lasts to the nanosecond")
    func sleep() async {
        let (signal, clock) = (signal, clock)
        let deadline = clock.now.advanced(by: .seconds(5))
        let (first, second) = (
            Task { await signal.sleep(until: deadline, clock: clock) },
            Task { await signal.sleep(until: .distantFuture, clock: clock) }
        )
        await untilTrue { clock.sleeperCount == 2 }
        clock.advance(by: .seconds(5) - .nanoseconds(1))
        #expect(clock.sleeperCount == 2)
        clock.advance(by: .nanoseconds(1))
        #expect(await first.value)
        signal.stop()
        #expect(await second.value == false)
        #expect(clock.sleeperCount == 0)
    }

    @Test("does not let a cancelled task take its sleep for over")
    func cancelledSleep() async {
        let (signal, clock) = (signal, clock)
        let task = Task { await signal.sleep(until: .distantFuture, clock: clock) }
        await untilTrue { clock.sleeperCount == 1 }
        task.cancel()
        #expect(await task.value == false)
        #expect(clock.sleeperCount == 0 && !signal.isStopped)
    }

    @Test("loses nobody who waits while it is given")
    func stress() async {
        for _ in 0..<500 {
            let signal = StopSignal()
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { await signal.wait() } }
                group.addTask { signal.stop() }
            }
        }
    }
}
