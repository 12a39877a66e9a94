import Testing
import WarrenRuntime
import WarrenTesting

@Suite("Work that is asked to end")
final class GracefulTests: Sendable {
    private let clock = HeldClock()
    private let asked = StopSignal()
    private let words = Locked<[String]>([])

    private var said: [String] { words.withLock { $0 } }

    private func say(_ word: String) {
        words.withLock { $0.append(word) }
    }

    private func run(_ work: @escaping @Sendable () async -> Void) -> Task<Bool, Never> {
        Task {
            await gracefully(.seconds(10), clock: clock) {
                self.say("asked")
                self.asked.stop()
            } work: {
                await work()
            }
        }
    }

    @Test("and ends by itself was not asked")
    func byItself() async {
        #expect(await run { self.say("done") }.value)
        #expect(said == ["done"])
    }

    @Test("and does so is not cancelled")
    func inTime() async {
        let task = run {
            await self.asked.wait()
            self.say(Task.isCancelled ? "cancelled" : "done")
        }
        task.cancel()
        #expect(await task.value)
        #expect(said == ["asked", "done"])
        await untilTrue { clock.sleeperCount == 0 }
    }

    @Test("and does not is cancelled after the grace, to the nanosecond")
    func grace() async {
        let task = run {
            self.say("working")
            try? await self.clock.sleep(until: .distantFuture)
            self.say("cancelled")
        }
        await untilTrue { clock.sleeperCount == 1 }
        task.cancel()
        await untilTrue { clock.sleeperCount == 2 }
        clock.advance(by: .seconds(10) - .nanoseconds(1))
        #expect(clock.sleeperCount == 2 && said == ["working", "asked"])
        clock.advance(by: .nanoseconds(1))
        #expect(await task.value)
        #expect(said == ["working", "asked", "cancelled"])
    }

    @Test("and ignores even that is no longer waited for after the same time again")
    func abandoned() async {
        let gate = StopSignal()
        let task = run {
            await Task { await gate.wait() }.value
            self.say("done")
        }
        task.cancel()
        for _ in 0..<2 {
            await untilTrue { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(10))
        }
        #expect(await task.value == false)
        #expect(said == ["asked"])
        gate.stop()
        await untilTrue { said == ["asked", "done"] }
    }

    @Test("before it began is asked all the same")
    func beforeItBegan() async {
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return await gracefully(
                .seconds(10),
                clock: clock,
                stop: { self.asked.stop() },
                work: { await self.asked.wait() }
            )
        }
        task.cancel()
        #expect(await task.value)
    }
}
